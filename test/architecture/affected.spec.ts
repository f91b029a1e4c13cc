import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Names of the projects that Nx builds, tests and lints again after a change of a file, in alphabetical order. */
function affectedBy(file: string): string[] {
  const env = { ...process.env, NX_DAEMON: 'false' };
  const args = ['nx', 'show', 'projects', '--affected', `--files=${file}`, '--json'];
  const text = execFileSync('npx', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] });
  return (JSON.parse(text) as string[]).sort();
}

const apps = ['benchmark', 'deployment-optimizer', 'ingestion', 'training', 'workflow'];

describe('a change affects', () => {
  it.each(apps)('in %s only that app, and the process that composes all', (app) => {
    expect(affectedBy(`apps/${app}/src/main.ts`)).toEqual([app, 'sedge'].sort());
  });

  it('in a process tool only its stage, and the process that composes all', () => {
    expect(affectedBy('tools/training/train-pytorch/tool.yaml')).toEqual(['sedge', 'training']);
  });

  it('in a kernel what runs the engine', () => {
    const affected = affectedBy('lne/plugins/vector/conv_direct.cpp');
    expect(affected).toEqual(
      expect.arrayContaining(['lne', 'deployment-optimizer', 'benchmark', 'ingestion', 'sedge']),
    );
    expect(affected).not.toContain('artifact-contracts');
  });

  it('in a contract every service', () => {
    expect(affectedBy('libs/artifact-contracts/src/digest.ts')).toEqual(expect.arrayContaining([...apps, 'sedge']));
  });

  it('in a document nothing', () => {
    expect(affectedBy('docs/install.md')).toEqual([]);
  });
});
