import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { strayToolFolders } from './stray-tool-folders.js';

const folder = mkdtempSync(join(tmpdir(), 'sedge-stray-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function toolsIn(name: string, ...tools: string[]): string {
  for (const tool of tools) {
    mkdirSync(join(folder, name, tool), { recursive: true });
    writeFileSync(join(folder, name, tool, 'tool.yaml'), 'name: x\n');
  }
  return join(folder, name);
}

const STAGES = ['ingestion', 'training'];

describe('folders of tools that no stage reads', () => {
  it('are none where tools lie as they should', () => {
    expect(strayToolFolders([toolsIn('good', 'training/mine', 'examples/theirs')], STAGES)).toEqual([]);
  });

  it('are told: one that is not there, one of an unknown stage, a tool outside any stage', () => {
    const absent = join(folder, 'absent');
    const found = strayToolFolders([absent, toolsIn('bad', 'trainig/a', 'b'), toolsIn('alone', '.')], STAGES);
    expect(found.map(({ place, message }) => [place, message])).toEqual([
      [absent, 'there is no such folder of tools, or it can not be read'],
      [join(folder, 'bad/b'), 'the tool lies in the folder of no stage'],
      [join(folder, 'bad/trainig/a'), "there is no stage 'trainig'"],
      [join(folder, 'alone'), 'the tool lies in the folder of no stage'],
    ]);
    expect(found[2]!.mend).toContain("did you mean 'training'?");
  });

  it('of other stages are no business of a process that has only its own', () => {
    expect(strayToolFolders([toolsIn('other', 'elsewhere/a')], null)).toEqual([]);
  });
});
