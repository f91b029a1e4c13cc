import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildProgram } from '../../apps/sedge/test/server/sedge-process.js';

function upDistributed(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const script = ['tools/dev/up-distributed.mjs', ...args];
  return spawnSync(process.execPath, script, { encoding: 'utf8', timeout: 20_000 });
}

describe('the options of up:distributed', () => {
  // What is nearest is told once the TypeScript is built.
  beforeAll(buildProgram, 60_000);

  it('are taught, each of them', () => {
    const { status, stdout, stderr } = upDistributed('--help');
    expect([status, stderr]).toEqual([0, '']);
    const source = readFileSync('tools/dev/distributed/options.mjs', 'utf8');
    const [block] = /(?<=options: \{)[^]*?\n {4}\}/.exec(source)!;
    const names = [...block.matchAll(/^ {6}'?([\w-]+)'?:/gm)].map(([, name]) => `--${name}`);
    expect(names).toContain('--data-dir');
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  });

  it.each([
    [['--wokers', '4'], /unknown option '--wokers'; did you mean --workers\?/],
    [['--workers', '1e1'], /--workers '1e1' is neither a number from 1 to 64 nor/],
    [['4', 'nas=2'], /--workers 'nas=2': nas is none of the stages that run/],
    [['--port', ''], /--port '' is no number from 0 to 65535/],
    [['--inputs', 'absent'], /--inputs '.*absent' is no folder/],
    [['--stage', 'trainin'], /--stage 'trainin' is none of/],
    [['--worker', 'training'], /--worker 'training' is no STAGE\/TOOL/],
    [['--data-dir', ''], /--data-dir '' is no folder/],
  ])('that are wrong are refused before anything is set up: %j', (args, message) => {
    const { status, stdout, stderr } = upDistributed(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toContain('see npm run up:distributed -- --help');
  });
});
