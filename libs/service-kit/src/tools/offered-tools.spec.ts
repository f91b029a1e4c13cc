import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolDefinition } from '@sedge/tool-contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { offeredTools, type FoundTool } from './offered-tools.js';

const folder = mkdtempSync(join(tmpdir(), 'sedge-offered-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const found = (nameAndVersion: string, place: string): FoundTool => {
  const [name, version] = nameAndVersion.split('@');
  return { definition: { name, version } as ToolDefinition, folder: null, place };
};
const placesOf = (tools: readonly FoundTool[]): string[] => tools.map(({ place }) => place);

describe('the tools that a stage offers', () => {
  it('are the first of each name and version; a second is refused with both places', () => {
    const { offered, refused } = offeredTools([found('a@1', 'shipped'), found('b@1', 'other'), found('a@1', 'mine')]);
    expect(placesOf(offered)).toEqual(['shipped', 'other']);
    expect(refused).toEqual([
      {
        name: 'a',
        place: 'mine',
        code: 'TOOL_NAME_TAKEN',
        message: 'there is a a@1 already: shipped',
        mend: expect.stringContaining('a name of its own') as unknown,
      },
    ]);
  });

  it('hold another version of a name in place of the one before, and still one of each version', () => {
    const { offered, refused } = offeredTools([found('a@1', 'shipped'), found('a@2', 'mine'), found('a@1', 'theirs')]);
    expect(placesOf(offered)).toEqual(['mine']);
    expect(refused.map(({ place }) => place)).toEqual(['theirs']);
  });

  it('hold a folder once that is found by two paths', () => {
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real', 'tool.yaml'), '');
    symlinkSync(join(folder, 'real'), join(folder, 'link'));
    const twice = ['real', 'link'].map((name) => found('a@1', join(folder, name, 'tool.yaml')));
    expect(offeredTools(twice)).toEqual({ offered: [twice[0]], refused: [] });
  });
});
