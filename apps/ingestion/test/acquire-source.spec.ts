import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runBuiltinTool } from '@sedge/test-kit';
import { tool } from '../src/tools/acquire-source.tool.js';
import { openArchive } from '../src/tools/archive/open-archive.js';
import { tarGzOf, zipOf } from './builders/archives.js';
import type { InputHosts } from '@sedge/tool-contracts';
import { gzipSync } from 'node:zlib';
import { AdmittedHosts } from '../src/tools/acquire/admitted-host.js';
import { HttpFile } from '../src/tools/acquire/http-file.js';
import { parseSourceAddress, type SourceAddress } from '../src/tools/acquire/source-address.js';
import { CuttingServer } from './builders/cutting-server.js';
import { runJob, type JobResult } from './builders/tool-job.js';

const LOOPBACK = { address: '127.0.0.1', family: 4 };

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'sedge-acquire-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const acquire = (from: string, more: Record<string, unknown> = {}): Promise<JobResult> =>
  runJob(tool, folder, {}, { from, ...more });
const contentOf = ({ path }: JobResult): Promise<Buffer> => readFile(join(path, 'source'));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const failing = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });

async function file(name: string, content: Buffer | string): Promise<string> {
  const path = join(await mkdtemp(join(folder, 'given-')), name);
  await writeFile(path, content);
  return path;
}

describe('a local source', () => {
  it('comes in byte for byte, by path or address, with its name and form', async () => {
    const content = await tarGzOf([{ path: 'a.txt', content: 'a' }]);
    const path = await file('my data.tar.gz', content);
    for (const from of [path, pathToFileURL(path).href]) {
      const source = await acquire(from, { sha256: sha256(content).toUpperCase() });
      expect((await contentOf(source)).equals(content)).toBe(true);
      expect(source.metadata).toEqual({ name: 'my data.tar.gz', format: 'tar.gz', sizeBytes: content.length });
    }
    const zip = await acquire(await file('x.bin', zipOf([{ path: 'a', content: 'a' }])));
    expect(zip.metadata['format']).toBe('zip');
  });

  it('that is a folder becomes a tar that tells nothing of when and where', async () => {
    const trees = await Promise.all(
      ['one', 'two'].map(async (name, at) => {
        const tree = join(folder, name, 'recordings');
        await mkdir(join(tree, 'yes', 'deep'.repeat(30)), { recursive: true });
        const files = ['yes/b.wav', 'yes/a.wav', `yes/${'deep'.repeat(30)}/c.wav`, '.DS_Store', 'empty'];
        for (const path of at === 0 ? files : files.reverse())
          await writeFile(join(tree, path), path === 'empty' ? '' : path);
        await utimes(join(tree, 'yes', 'a.wav'), 1000 + at, 1000 + at);
        return acquire(`${tree}${at === 0 ? '' : '/'}`);
      }),
    );
    const [one, two] = await Promise.all(trees.map(contentOf));
    expect(one!.equals(two!)).toBe(true);
    expect(trees[0]!.metadata).toMatchObject({ name: 'recordings.tar', format: 'tar' });
    const archive = await openArchive(join(trees[0]!.path, 'source'), {
      name: 't',
      signal: new AbortController().signal,
    });
    const members: string[] = [];
    for await (const member of archive.members)
      members.push(`${member.path}=${(await member.read(99999))!.toString()}`);
    const deep = `yes/${'deep'.repeat(30)}/c.wav`;
    expect(members).toEqual(['empty=', 'yes/a.wav=yes/a.wav', 'yes/b.wav=yes/b.wav', `${deep}=${deep}`]);
  });

  it('comes from the folders that are open alone, wherever links lead', async () => {
    const open = await mkdtemp(join(folder, 'open-'));
    const outside = await file('secret.txt', 'secret');
    const given = join(open, 'given.txt');
    await writeFile(given, 'given');
    await symlink(outside, join(open, 'leads-out'));
    await symlink(join(outside, '..'), join(open, 'folder-out'));
    await symlink(open, join(folder, 'also-open'));
    const take = (from: string, folders = [open]): Promise<JobResult> =>
      runJob(tool, folder, {}, { from }, { folders, closed: [], hosts: null });
    for (const from of [given, pathToFileURL(given).href, open, join(folder, 'also-open', 'given.txt')])
      expect((await contentOf(await take(from))).includes('given')).toBe(true);
    expect((await contentOf(await take(given, [join(folder, 'also-open')]))).toString()).toBe('given');
    const ways = [outside, '/etc/shadow', '/proc/self/environ', folder, '/', `${open}-beside`, `${open}/../gone`];
    for (const from of [...ways, join(open, 'leads-out'), join(open, 'folder-out', 'secret.txt'), `file://${outside}`])
      await expect(take(from)).rejects.toEqual(
        failing('INGESTION_SOURCE_OUTSIDE', /is not taken.*SEDGE_INPUT_FOLDERS/),
      );
    await expect(take(given, [])).rejects.toEqual(failing('INGESTION_SOURCE_OUTSIDE', /from nowhere/));
    await expect(take(join(open, 'no'))).rejects.toEqual(failing('INGESTION_SOURCE_ABSENT', /there is no file/));
  });

  it("is never what is the service's own", async () => {
    const home = await mkdtemp(join(folder, 'home-'));
    const own = join(home, 'access');
    await mkdir(own);
    await writeFile(join(own, 'signing-key.json'), 'secret');
    await symlink(own, join(folder, 'to-own'));
    for (const folders of [null, [folder]]) {
      const take = (from: string): Promise<JobResult> =>
        runJob(tool, folder, {}, { from }, { folders, closed: [own], hosts: null });
      for (const from of [
        join(own, 'signing-key.json'),
        own,
        join(folder, 'to-own', 'signing-key.json'),
        join(own, 'no'),
      ])
        await expect(take(from)).rejects.toEqual(failing('INGESTION_SOURCE_CLOSED', /lies in .*access/));
      await expect(take(home)).rejects.toEqual(failing('INGESTION_SOURCE_CLOSED', /holds .*access/));
    }
  });

  it('leaves links in a folder out and says so', async () => {
    const tree = await mkdtemp(join(folder, 'linked-'));
    await writeFile(join(tree, 'a.wav'), 'a');
    await symlink('/etc/passwd', join(tree, 'b.wav'));
    const source = await acquire(tree);
    expect((await contentOf(source)).includes('root:')).toBe(false);
    expect(source.logs).toEqual([expect.stringMatching(/b\.wav was left out: it is a link/)]);
  });

  it.each([
    ['is not there', () => '/nowhere/at/all.tar', {}, 'INGESTION_SOURCE_ABSENT', /\/nowhere\/at\/all\.tar/],
    ['is named by a relative path', () => 'data.tar', {}, 'INGESTION_SOURCE_FORM', /not absolute/],
    ['has a scheme that nobody knows', () => 'gopher://x/y', {}, 'INGESTION_SOURCE_FORM', /gopher/],
    ['is a device', () => '/dev/null', {}, 'INGESTION_SOURCE_FORM', /neither file nor folder/],
    ['is empty', () => file('x', ''), {}, 'INGESTION_SOURCE_EMPTY', /no files/],
    ['is an empty folder', () => mkdtemp(join(folder, 'empty-')), {}, 'INGESTION_SOURCE_EMPTY', /no files/],
    ['is too large', () => file('x', 'content'), { maxBytes: 3 }, 'INGESTION_SOURCE_TOO_LARGE', /7 bytes/],
    ['has another checksum', () => file('x', 'y'), { sha256: 'ab'.repeat(32) }, 'INGESTION_SOURCE_CHECKSUM', /abab/],
  ])('that %s is refused', async (_, from, more, code, message) => {
    await expect(acquire(await from(), more)).rejects.toEqual(failing(code, message));
  });
});

describe('a source in S3', () => {
  it.each([
    ['a bucket that no bucket can be', 's3://../../x', 'INGESTION_SOURCE_FORM', /'s3:\/\/\.\.\/\.\.\/x'.*named '\.\.'/],
    ['a bucket in capitals', 's3://Recordings/x', 'INGESTION_SOURCE_FORM', /named 'Recordings' \(3 to 63 lower-case/],
    ['a key that is too long', `s3://recordings/${'k'.repeat(1025)}`, 'INGESTION_SOURCE_FORM', /1024 letters at most/],
  ])('is refused at once with %s', async (_, from, code, message) => {
    const startedAt = performance.now();
    await expect(acquire(from)).rejects.toEqual(failing(code, message));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('a source behind HTTP', () => {
  const content = randomBytes(300_000);
  let server: CuttingServer;
  beforeEach(async () => void (server = await CuttingServer.start()));
  afterEach(() => server.stop());

  it('comes in whole', async () => {
    const source = await acquire(server.serve('/d/speech%20commands.tar?version=2', content), {
      sha256: sha256(content),
    });
    expect((await contentOf(source)).equals(content)).toBe(true);
    expect(source.metadata['name']).toBe('speech commands.tar');
  });

  it('goes on where it was after each cut', async () => {
    const url = server.serve('/x', content, { cuts: [100_000, 50_000, 60_000] });
    const source = await acquire(url);
    expect((await contentOf(source)).equals(content)).toBe(true);
    const starts = server.requests.map((request) => Number(/bytes=(\d+)/.exec(request)?.[1] ?? 0));
    expect(starts).toHaveLength(4);
    expect(starts[0]).toBe(0);
    // Each request asks for what is still missing, and none for what is there.
    for (const [at, start] of starts.slice(1).entries()) expect(start).toBeGreaterThan(starts[at]!);
  });

  it('goes on in a later attempt at the job', async () => {
    const url = server.serve('/x', content, { cuts: [200_000] });
    const own = await mkdtemp(join(folder, 'attempts-'));
    const run = (signal: AbortSignal): Promise<unknown> =>
      runBuiltinTool(tool, { folder: own, inputs: {}, parameters: { from: url }, signal });
    const first = new AbortController();
    const failed = expect(run(first.signal)).rejects.toThrow();
    while (
      !(await readFile(join(own, 'scratch', 'source')).then(
        (bytes) => bytes.length > 1000,
        () => false,
      ))
    ) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    first.abort();
    await failed;
    await run(new AbortController().signal);
    expect((await readFile(join(own, 'out', 'source', 'source'))).equals(content)).toBe(true);
    expect(server.requests.at(-1)).toMatch(/bytes=\d+-$/);
  });

  it('begins anew when the content changed meanwhile', async () => {
    const url = server.serve('/x', content, { cuts: [100_000] });
    const changed = randomBytes(200_000);
    const served = server.files.get('/x')!;
    const source = acquire(url);
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    served.etag = '"2"';
    served.content = changed;
    expect((await contentOf(await source)).equals(changed)).toBe(true);
  });

  it.each([
    ['knows no ranges', { ranges: false }],
    ['gives no tag', { etag: null }],
    ['gives a weak tag', { etag: 'W/"1"' }],
  ])('begins anew where the server %s', async (_, options) => {
    const source = await acquire(server.serve('/x', content, { ...options, cuts: [100_000] }));
    expect((await contentOf(source)).equals(content)).toBe(true);
  });

  it('follows redirects, and bears with a server that is busy for a moment', async () => {
    server.serve('/new', content);
    server.redirects.set('/old', '/new');
    server.failures.set('/old', [503]);
    expect((await contentOf(await acquire(`${server.url}/old`))).equals(content)).toBe(true);
  });

  it('comes unpacked where the server packs it although it was asked not to', async () => {
    const url = server.serve('/packed', gzipSync(content));
    server.headers.set('/packed', { 'content-encoding': 'gzip' });
    expect((await contentOf(await acquire(url))).equals(content)).toBe(true);
  });

  it('is tried again by the platform when nothing answers, and names the address without password', async () => {
    const url = `${server.url.replace('//', '//user:secret@')}/x`;
    server.failures.set('/x', [500, 500, 500, 500, 500]);
    const failure = await acquire(url).catch((error: Error & { code: string }) => error as Error & { code: string });
    expect(failure).toMatchObject({ code: 'ETIMEDOUT', message: expect.stringMatching(/answered 500/) as unknown });
    expect((failure as Error).message).not.toMatch(/secret/);
  }, 60_000);

  it.each([
    ['is not there', '/absent', {}, 'INGESTION_SOURCE_REFUSED', /404.*correct the address/],
    ['leads in a circle', '/circle', {}, 'INGESTION_SOURCE_REDIRECTS', /10 times/],
    ['leads to a local file', '/local', {}, 'INGESTION_SOURCE_FORM', /file:/],
    ['is larger than it may be', '/x', { maxBytes: 1000 }, 'INGESTION_SOURCE_TOO_LARGE', /300 KB/],
    ['has another checksum', '/x', { sha256: 'cd'.repeat(32) }, 'INGESTION_SOURCE_CHECKSUM', /cdcd/],
  ])('that %s is refused', async (_, path, more, code, message) => {
    server.serve('/x', content);
    server.redirects.set('/circle', '/circle').set('/local', 'file:///etc/passwd');
    await expect(acquire(`${server.url}${path}`, more)).rejects.toEqual(failing(code, message));
  });

  const INTERNET: InputHosts = { names: [], networks: [] };
  const takeFrom = (from: string, hosts: InputHosts): Promise<JobResult> =>
    runJob(tool, folder, {}, { from }, { folders: null, closed: [], hosts });
  const at = (host: string): string => `http://${host}:${new URL(server.url).port}`;

  it.each(['127.0.0.1', 'localhost', 'LocalHost', '2130706433', '0x7f.1', '127.1', '[::ffff:127.0.0.1]', '0.0.0.0'])(
    'is not taken from the machine or network of a service that takes them from the internet: %s',
    async (host) => {
      server.serve('/x', content);
      const refused = failing(
        'INGESTION_SOURCE_HOST',
        /^nothing is taken from the host .*add the host to SEDGE_INPUT_HOSTS$/,
      );
      await expect(takeFrom(`${at(host)}/x`, INTERNET)).rejects.toEqual(refused);
      expect(server.requests).toEqual([]);
    },
  );

  it('is taken from there where the host is named to the service, by name or by network', async () => {
    server.serve('/x', content);
    const network: InputHosts = { names: [], networks: [{ address: '127.0.0.0', bits: 8, family: 'ipv4' }] };
    const name: InputHosts = { names: ['localhost'], networks: [] };
    for (const [host, hosts] of [
      ['127.0.0.1', network],
      ['[::ffff:127.0.0.1]', network],
      ['localhost', network],
      ['LocalHost', name],
    ] as const)
      expect((await contentOf(await takeFrom(`${at(host)}/x`, hosts))).equals(content)).toBe(true);
    await expect(takeFrom(`${at('127.0.0.1')}/x`, name)).rejects.toEqual(failing('INGESTION_SOURCE_HOST', /127/));
  });

  it('that leads on to such a host is not taken', async () => {
    server.serve('/x', content);
    server.redirects.set('/out', `${at('127.0.0.1')}/x`).set('/numbers', `${at('[::1]')}/x`);
    const hosts: InputHosts = { names: ['localhost'], networks: [] };
    for (const path of ['/out', '/numbers'])
      await expect(takeFrom(`${at('localhost')}${path}`, hosts)).rejects.toEqual(failing('INGESTION_SOURCE_HOST', /1/));
    expect(server.requests).toEqual(['/out whole', '/numbers whole']);
  });

  it('whose name leads elsewhere a moment later is asked for at no address that was not looked at', async () => {
    server.serve('/x', content);
    const answers = [[{ address: '192.0.2.1', family: 4 }, LOOPBACK], [LOOPBACK], [LOOPBACK]];
    let asked = 0;
    const hosts: InputHosts = { names: [], networks: [{ address: '192.0.2.0', bits: 24, family: 'ipv4' }] };
    const admitted = new AdmittedHosts(hosts, (_, __, callback) => callback(null, answers[asked++]!));
    const address = parseSourceAddress(`${at('rebound.example.org')}/x`) as SourceAddress & { scheme: 'http' };
    const file = new HttpFile(address, admitted, new AbortController().signal);
    // Nothing answers at the first address (RFC 5737), which is all that the name may be asked at.
    await expect(file.open(0, null, AbortSignal.timeout(500))).rejects.not.toMatchObject({
      code: 'INGESTION_SOURCE_HOST',
    });
    await expect(file.open(0, null, AbortSignal.timeout(500))).rejects.toMatchObject({ code: 'INGESTION_SOURCE_HOST' });
    expect([asked, server.requests]).toEqual([2, []]);
  });
});
