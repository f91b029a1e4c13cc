import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  tarGzOf,
  tarHeader,
  tarOf,
  writeGzipBomb,
  writeManyMembers,
  zipOf,
  type TestMember,
} from '../../../test/builders/archives.js';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './archive-member.js';
import { openArchive } from './open-archive.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'sedge-archive-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;
async function fileWith(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `archive-${count++}`);
  await writeFile(path, bytes);
  return path;
}

interface Read {
  path: string;
  type: string;
  text: string | null;
}

async function readAll(path: string, limits: Partial<ArchiveLimits> = {}, limitBytes = 1 << 20): Promise<Read[]> {
  const signal = new AbortController().signal;
  const archive = await openArchive(path, { name: 'a.tar', signal, limits: { ...ARCHIVE_LIMITS, ...limits } });
  const found: Read[] = [];
  for await (const member of archive.members) {
    const content = member.type === 'file' ? await member.read(limitBytes) : null;
    found.push({ path: member.path, type: member.type, text: content?.toString() ?? null });
  }
  return found;
}

const MEMBERS: TestMember[] = [
  { path: 'yes/a.wav', content: 'one' },
  { path: 'no/b.wav', content: 'x'.repeat(70_000) },
  { path: 'no/empty.wav', content: '' },
];

describe('an archive', () => {
  it.each([
    ['tar', () => tarOf(MEMBERS)],
    ['tar.gz', () => tarGzOf(MEMBERS)],
    ['zip', async () => zipOf(MEMBERS as { path: string; content: string }[])],
  ])('%s gives its members whole', async (_format, make) => {
    const found = await readAll(await fileWith(await make()));
    expect(found).toEqual(MEMBERS.map(({ path, content }) => ({ path, type: 'file', text: content })));
  });

  it('gives what was put in, in any format, also where members are passed over', async () => {
    const member = fc.record({
      path: fc.stringMatching(/^[a-zä-ü0-9 _-]{1,60}\/[a-z0-9]{1,90}$/),
      content: fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 12 }),
        fc.constantFrom('tar', 'gz', 'zip'),
        async (members, format) => {
          const bytes =
            format === 'zip' ? zipOf(members) : format === 'gz' ? await tarGzOf(members) : await tarOf(members);
          const found = await readAll(await fileWith(bytes), {}, 1000);
          const wanted = members.map(({ path, content }) => ({
            path,
            type: 'file',
            text: content.length > 1000 ? null : content,
          }));
          expect(found).toEqual(wanted);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('names links, devices and folders as what they are', async () => {
    const bytes = await tarOf([
      { path: 'yes', type: 'directory' },
      { path: 'yes/a.wav', type: 'symlink', linkname: '/etc/passwd' },
      { path: 'yes/b.wav', type: 'link', linkname: 'yes/a.wav' },
      { path: 'yes/c.wav', type: 'character-device' },
      { path: 'yes/d.wav', type: 'fifo' },
    ]);
    const found = await readAll(await fileWith(bytes));
    expect(found.map(({ type }) => type)).toEqual(['folder', 'link', 'link', 'special', 'special']);
  });

  it('names links, encrypted and strangely packed members of a zip', async () => {
    const bytes = zipOf([
      { path: 'yes/', mode: 0o040755 },
      { path: 'yes/a.wav', mode: 0o120777, content: '/etc/passwd' },
      { path: 'yes/b.wav', flags: 0x801, content: 'b' },
      { path: 'yes/c.wav', method: 12, content: 'c' },
      { path: '../../d.wav', content: 'd' },
      { path: Buffer.from([0x79, 0xff, 0xfe, 0x2f, 0x61]), content: 'e' },
    ]);
    const found = await readAll(await fileWith(bytes));
    expect(found.map(({ type }) => type)).toEqual(['folder', 'link', 'encrypted', 'unsupported', 'file', 'file']);
    expect(found[5]!.path).toContain('\uFFFD');
  });
});

describe('a bad archive', () => {
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'none',
      (error: { code?: string }) => error.code ?? String(error),
    );

  it('that is cut anywhere is reported, never taken for whole', async () => {
    const archives = {
      gz: await tarGzOf(MEMBERS),
      tar: await tarOf(MEMBERS),
      zip: zipOf(MEMBERS as { path: string; content: string }[]),
    };
    const part = fc.double({ min: 0.001, max: 0.999, noNaN: true });
    await fc.assert(
      fc.asyncProperty(part, fc.constantFrom('gz' as const, 'tar' as const, 'zip' as const), async (share, format) => {
        const bytes = archives[format];
        // Of the two blocks of zeros at the end of a tar archive one is enough.
        const spare = format === 'tar' ? 600 : 1;
        const length = Math.min(Math.max(Math.floor(bytes.length * share), 1), bytes.length - spare);
        const code = await codeOf(readAll(await fileWith(bytes.subarray(0, length))));
        expect(code).toMatch(/^INGESTION_ARCHIVE_(TRUNCATED|BROKEN|FORMAT)$/);
      }),
      { numRuns: 60 },
    );
  });

  it('whose bytes are changed at will is read or reported, and never crashes', async () => {
    const archives = {
      gz: await tarGzOf(MEMBERS),
      tar: await tarOf(MEMBERS),
      zip: zipOf(MEMBERS as { path: string; content: string }[]),
    };
    const change = fc.record({
      at: fc.double({ min: 0, max: 0.999, noNaN: true }),
      bytes: fc.uint8Array({ maxLength: 12 }),
    });
    const format = fc.constantFrom('gz' as const, 'tar' as const, 'zip' as const);
    await fc.assert(
      fc.asyncProperty(format, fc.array(change, { minLength: 1, maxLength: 4 }), async (name, changes) => {
        const bytes = Buffer.from(archives[name]);
        // Mostly where headers are: content says nothing about an archive.
        for (const { at, bytes: own } of changes) {
          const place = name === 'tar' ? Math.floor(at * 512) + 512 * (own.length % 3) : Math.floor(at * bytes.length);
          bytes.set(own.slice(0, bytes.length - place), place);
        }
        const outcome = await readAll(await fileWith(bytes)).catch((error: unknown) => error as { code?: string });
        if (!Array.isArray(outcome)) expect(outcome.code).toMatch(/^INGESTION_ARCHIVE_/);
      }),
      { numRuns: Number(process.env['SEDGE_FUZZ_RUNS'] ?? 200) },
    );
  });

  it('that is cut between two members is reported', async () => {
    const bytes = Buffer.concat([tarHeader('yes/a.wav', 512), Buffer.alloc(512, 7)]);
    expect(await codeOf(readAll(await fileWith(bytes)))).toBe('INGESTION_ARCHIVE_TRUNCATED');
  });

  it('with a flipped bit is reported', async () => {
    const bytes = await tarGzOf(MEMBERS);
    bytes[bytes.length - 6]! ^= 0x10;
    expect(await codeOf(readAll(await fileWith(bytes)))).toBe('INGESTION_ARCHIVE_BROKEN');
  });

  it('with a wrong header sum is reported with the number of members before', async () => {
    const bytes = await tarOf(MEMBERS);
    bytes[1024]! ^= 1;
    await expect(readAll(await fileWith(bytes))).rejects.toThrow(/a\.tar is damaged: .* after 1 members/);
  });

  it.each([
    ['an empty file', Buffer.alloc(0), /a\.tar is an empty file/],
    ['text', Buffer.from('<html>not found</html>'), /unknown format, no archive that is read; pack the folder/],
    ['bzip2', Buffer.from('BZh91AY'), /bzip2/],
    ['gzip of text', gzipSync('hello'), /ends too early|damaged/],
  ])('that is %s is reported', async (_what, bytes, message) => {
    await expect(readAll(await fileWith(bytes))).rejects.toThrow(message);
  });

  it('that is a bomb is refused long before it is unpacked', async () => {
    const path = join(folder, 'bomb');
    await writeGzipBomb(path, 4 * 2 ** 30);
    expect(await codeOf(readAll(path))).toBe('INGESTION_ARCHIVE_BOMB');
  });

  it('that is a bomb of overlapping zip members is refused', async () => {
    const one = { path: 'yes/a.wav', content: Buffer.alloc(4 << 20) };
    const path = await fileWith(zipOf(Array.from({ length: 10 }, () => one)));
    expect(await codeOf(readAll(path, { ratioFromBytes: 20e6 }, 8 << 20))).toBe('INGESTION_ARCHIVE_BOMB');
  });

  it('whose zip members are longer than they say is reported', async () => {
    const bytes = zipOf([{ path: 'yes/a.wav', content: Buffer.alloc(5000), claimedBytes: 10 }]);
    expect(await codeOf(readAll(await fileWith(bytes)))).toBe('INGESTION_ARCHIVE_BROKEN');
  });

  it('with a path of gigabytes is refused without holding it', async () => {
    const bytes = Buffer.concat([tarHeader('././@LongLink', 2 ** 33 - 1, 'L'), Buffer.alloc(4096)]);
    expect(await codeOf(readAll(await fileWith(bytes)))).toBe('INGESTION_ARCHIVE_BROKEN');
  });

  it('with more members than allowed is refused', async () => {
    const path = join(folder, 'many');
    await writeManyMembers(path, 2000, 1);
    expect(await codeOf(readAll(path, { members: 1000 }))).toBe('INGESTION_ARCHIVE_MEMBERS');
  });

  it('can be left in the middle', async () => {
    const signal = new AbortController().signal;
    const path = join(folder, 'left');
    await writeManyMembers(path, 5000, 2000);
    const archive = await openArchive(path, { name: 'a.tar', signal });
    for await (const member of archive.members) {
      await member.read(5000);
      break;
    }
    expect(archive.consumedBytes()).toBeLessThan(archive.sizeBytes);
  });
});
