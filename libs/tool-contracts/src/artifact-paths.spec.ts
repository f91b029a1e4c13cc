import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mistakeOfPaths } from './artifact-paths.js';
import { METADATA_FILE } from './protocol.js';

describe('the paths of the files of an artifact', () => {
  it.each([
    [['a/b', 'a'], 'a/b', /'a' is a file/],
    [['a', 'a/b'], 'a/b', /'a' is a file/],
    [['x/y', 'x/y/z/w'], 'x/y/z/w', /'x\/y' is a file/],
    [['a', 'metadata.json'], 'metadata.json', /metadata/],
    [['metadata.json/a'], 'metadata.json/a', /'metadata.json' is a file/],
    [['a', 'a'], 'a', /twice/],
    [['../a'], '../a', /leaves/],
    [['/a'], '/a', /leaves/],
    [['a\\b'], 'a\\b', /backslash/],
    [['a//b'], 'a//b', /empty/],
    [['a/./b'], 'a/./b', /'\.'/],
    [['con:'], 'con:', /colon/],
    [[''], '', /empty/],
    [[`a/${'ä'.repeat(128)}`], `a/${'ä'.repeat(128)}`, /255 bytes/],
  ])('are refused where they are %j', (paths, path, reason) => {
    expect(mistakeOfPaths(paths)).toEqual({ path, reason: expect.stringMatching(reason) });
  });

  it('may hold another metadata.json further down, and names that begin alike', () => {
    expect(mistakeOfPaths(['a/metadata.json', 'a.b', 'a-b/c', 'ab', 'a/b'])).toBeNull();
  });

  it('can be laid out beside the metadata wherever no mistake is found', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sedge-paths-'));
    const part = fc.constantFrom('a', 'b', '..', METADATA_FILE, 'x'.repeat(255), 'x'.repeat(256));
    const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    let run = 0;
    const layOut = async (root: string, paths: string[]): Promise<void> => {
      await mkdir(root);
      for (const file of [METADATA_FILE, ...paths]) {
        await mkdir(dirname(join(root, file)), { recursive: true });
        await writeFile(join(root, file), '', { flag: 'wx' });
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(path, { maxLength: 4 }), async (paths) => {
        const isOdd = paths.some((one) => one.split('/').includes('..'));
        const fits = await layOut(join(folder, String(run++)), isOdd ? [] : paths).then(
          () => !isOdd,
          () => false,
        );
        expect(mistakeOfPaths(paths) === null).toBe(fits);
      }),
      { numRuns: 200 },
    );
    await rm(folder, { recursive: true });
  });
});
