import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCommands } from '../src/program.js';
import { Sandbox } from './sandbox.js';

describe('the command explains itself', { timeout: 120_000 }, () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
  });
  afterAll(() => sandbox.remove());

  it('names every command, where data lie, and what exit codes mean', async () => {
    const { code, stdout } = await sandbox.sedge('--help');
    expect(code).toBe(0);
    for (const { usage, summary } of await loadCommands()) {
      expect(stdout).toContain(`  ${usage.split(' ')[0]!}`);
      expect(stdout.replace(/\s+/g, ' ')).toContain(summary);
    }
    expect(stdout).toContain('Exit codes: 0 well');
  });

  it('teaches a command by examples, also within a group', async () => {
    const run = await sandbox.sedge('run', '--help');
    expect(run.stdout).toContain('sedge run workflow.yml --set source=./recordings.tar.gz');
    const list = await sandbox.sedge('artifacts', 'list', '--help');
    expect(list.stdout).toContain('sedge artifacts list --kind application');
    expect((await sandbox.sedge('help', 'runs')).stdout).toContain('list the runs, newest first');
  });

  it('prints what can be copied: examples on lines of their own, as they are typed here', async () => {
    const { stdout } = await sandbox.sedge('--help');
    expect(stdout).toContain(
      '\n  npx sedge init my-words --from ./recordings\n  npx sedge run my-words/workflow.yml\n',
    );
    for (const { stdout: text } of [{ stdout }, await sandbox.sedge('help', 'deploy')]) {
      expect(text).not.toMatch(/(?<!npx )\bsedge (run|init|deploy|tools|help) /);
    }
  });

  it('says that there is nothing about a command that is none', async () => {
    const unknown = await sandbox.sedge('help', 'rnu');
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/unknown command 'rnu'\n\(Did you mean run\?\)/);
    expect((await sandbox.sedge('help', 'runs', 'lst')).stderr).toMatch(
      /unknown command 'lst'\n\(Did you mean list\?\)/,
    );
    expect((await sandbox.sedge('runs', 'help', 'show')).stdout).toContain('npx sedge runs show');
  });

  it('says its version', async () => {
    expect((await sandbox.sedge('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('looks the machine over, and says what it found of each thing it needs', async () => {
    const { code, json } = await sandbox.sedge('doctor', '--json');
    const findings = json[0]!['findings'] as { what: string; state: string; mend?: string }[];
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['container tools', 'data directory', 'free disk', 'native engine']),
    );
    const problems = findings.filter(({ state }) => state === 'problem');
    expect(code).toBe(problems.length > 0 ? 5 : 0);
    for (const { mend } of problems) expect(mend).toBeDefined();
  });
});
