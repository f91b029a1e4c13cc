import {
  artifactTypeOf,
  canonicalJson,
  createManifest,
  digestOfBytes,
  manifestText,
  type Digest,
} from '@sedge/artifact-contracts';
import { apiDocument } from '@sedge/composition';
import { AnswerCheck } from '@sedge/test-kit';
import { chmod, open, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTarHeader, tarPadding } from '../src/domain/tar-header.js';
import { startArtifactsProcess, type ArtifactsProcess } from './artifacts-process.js';

let running: ArtifactsProcess;
let answers: AnswerCheck;
beforeAll(async () => {
  running = await startArtifactsProcess();
  answers = new AnswerCheck(apiDocument(running.app));
});
afterAll(() => running.close());

interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
  bytes: Buffer;
}

/** Asks, and holds the answer against the OpenAPI document. */
async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  url = running.url,
): Promise<Answer> {
  const isRaw = Buffer.isBuffer(body);
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': isRaw ? 'application/octet-stream' : 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? new Uint8Array(body) : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const contentType = response.headers.get('content-type');
  const heard = { method, path, status: response.status, contentType, text: bytes.toString() };
  expect(answers.mistakesIn(heard)).toEqual([]);
  const isJson = response.headers.get('content-type')?.includes('application/json');
  return {
    status: response.status,
    body: isJson && bytes.length ? (JSON.parse(bytes.toString()) as Record<string, unknown>) : {},
    headers: response.headers,
    bytes,
  };
}

/** Uploads a small artifact, in chunks of seven bytes. */
async function upload(name: string, content: Buffer, derivedFrom: Digest[] = []): Promise<Digest> {
  const metadata = { name, format: 'file', sizeBytes: content.length };
  const started = await call('POST', '/v1/uploads', {
    kind: 'source',
    metadata,
    files: [{ path: 'source', sizeBytes: content.length, digest: digestOfBytes(content) }],
    derivedFrom,
  });
  expect(started.status).toBe(201);
  const id = started.body['id'] as string;
  for (let offset = 0; offset < content.length; offset += 7) {
    const chunk = content.subarray(offset, offset + 7);
    const sent = await call('PATCH', `/v1/uploads/${id}/files/source`, chunk, { 'upload-offset': String(offset) });
    expect(sent.status).toBe(204);
    expect(sent.headers.get('upload-offset')).toBe(String(offset + chunk.length));
  }
  const completed = await call('POST', `/v1/uploads/${id}/complete`);
  expect(completed.status).toBe(201);
  return completed.body['id'] as Digest;
}

describe('uploading', () => {
  it('gives an artifact the id of its content, and again the same', async () => {
    const content = Buffer.from('the words of a file');
    const metadata = { name: 'a.txt', format: 'file', sizeBytes: content.length };
    const manifest = createManifest(artifactTypeOf('source', 1), metadata, [
      { path: 'source', digest: digestOfBytes(content), sizeBytes: content.length },
    ]);
    const id = await upload('a.txt', content);
    expect(id).toBe(digestOfBytes(manifestText(manifest)));
    expect(await upload('a.txt', content)).toBe(id);
    const shown = await call('GET', `/v1/artifacts/${id}`);
    expect(shown.body).toMatchObject({ id, kind: 'source', kindVersion: 1, metadata, files: [{ path: 'source' }] });
    expect(shown.body['manifest']).toEqual(manifest);
  });

  it('finds mistakes before the first byte is sent', async () => {
    const file = { path: 'source', sizeBytes: 1 };
    const good = { kind: 'source', metadata: { name: 'x', format: 'file', sizeBytes: 1 }, files: [file] };
    const refuse = async (change: object): Promise<unknown> =>
      (await call('POST', '/v1/uploads', { ...good, ...change })).body['code'];
    expect(await refuse({ metadata: { name: 'x', format: 'rar', sizeBytes: 1 } })).toBe('ARTIFACT_CONTENT_INVALID');
    expect(await refuse({ files: [] })).toBe('ARTIFACT_CONTENT_INVALID');
    expect(await refuse({ files: [file, { path: '../x', sizeBytes: 1 }] })).toBe('UPLOAD_FILE_INVALID');
    expect(await refuse({ files: [file, file] })).toBe('UPLOAD_FILE_INVALID');
    expect(await refuse({ kind: 'sauce' })).toBe('ARTIFACT_KIND_UNKNOWN');
    expect(await refuse({ derivedFrom: [digestOfBytes('nobody')] })).toBe('ARTIFACT_PARENT_UNKNOWN');
    expect(await refuse({ surprise: 1 })).toBe('HTTP_REQUEST_INVALID');
  });

  describe('by a key', () => {
    const announcementOf = (name: string, content: string): object => ({
      kind: 'source',
      metadata: { name, format: 'file', sizeBytes: content.length },
      files: [{ path: 'source', sizeBytes: content.length, digest: digestOfBytes(content) }],
    });
    const start = (key: string, name: string, content: string): Promise<Answer> =>
      call('POST', '/v1/uploads', announcementOf(name, content), { 'idempotency-key': key });
    const send = (id: unknown, offset: number, bytes: string): Promise<Answer> =>
      call('PATCH', `/v1/uploads/${String(id)}/files/source`, Buffer.from(bytes), { 'upload-offset': String(offset) });

    it('goes on where it was, even where its lease ended, and is no other upload', async () => {
      const { body } = await start('k1', 'keyed', 'in two parts');
      expect(body['files']).toMatchObject([{ offset: 0, isStored: false }]);
      await send(body['id'], 0, 'in two');
      await running.transactions.query("UPDATE upload SET lease_until = now() - interval '1 second' WHERE key = 'k1'");
      const again = await start('k1', 'keyed', 'in two parts');
      expect(again.body).toMatchObject({ id: body['id'], files: [{ offset: 6, isStored: false }] });
      expect((await start('k1', 'keyed', 'other bytes')).body['code']).toBe('UPLOAD_KEY_TAKEN');
      expect((await start('k2', 'keyed', 'in two parts')).body['id']).not.toBe(body['id']);
      await send(body['id'], 6, ' parts');
      expect((await call('POST', `/v1/uploads/${String(body['id'])}/complete`)).status).toBe(201);
      expect((await start('k1', 'keyed', 'in two parts')).body['id']).not.toBe(body['id']);
    });

    it('needs no bytes that the store has, whatever they are called, as long as they are right', async () => {
      const id = await upload('called so', Buffer.from('bytes with names'));
      const digest = digestOfBytes('bytes with names');
      for (const name of ['called so', 'called otherwise']) {
        const { body } = await start(`stored ${name}`, name, 'bytes with names');
        expect(body['files']).toMatchObject([{ offset: 0, isStored: true }]);
        const { status, body: made } = await call('POST', `/v1/uploads/${String(body['id'])}/complete`);
        expect([status, made['id'] === id]).toEqual([201, name === 'called so']);
      }
      const damaged = await start('damaged', 'called third', 'bytes with names');
      const place = running.store.locationOf(digest);
      await chmod(place, 0o600);
      await writeFile(place, 'bytes with NAMES');
      for (const { body } of [damaged, await start('damaged too', 'called so', 'bytes with names')]) {
        const complete = (): Promise<Answer> => call('POST', `/v1/uploads/${String(body['id'])}/complete`);
        expect((await complete()).body['code']).toBe('UPLOAD_INCOMPLETE');
        await send(body['id'], 0, 'bytes with names');
        expect((await complete()).status).toBe(201);
        if (body === damaged.body) await writeFile(place, 'bytes with NAMES');
      }
      expect(await running.store.verify(digest)).toBe('ok');
    });
  });

  it('refuses chunks at a wrong offset, too many bytes, too few, and other bytes than announced', async () => {
    const metadata = { name: 'x', format: 'file', sizeBytes: 4 };
    const files = [{ path: 'source', sizeBytes: 4, digest: digestOfBytes('good') }];
    const { body } = await call('POST', '/v1/uploads', { kind: 'source', metadata, files });
    const place = `/v1/uploads/${String(body['id'])}`;
    const send = async (offset: string, bytes: string): Promise<unknown> =>
      (await call('PATCH', `${place}/files/source`, Buffer.from(bytes), { 'upload-offset': offset })).body['code'];
    expect(await send('1', 'x')).toBe('UPLOAD_OFFSET_WRONG');
    expect(await send('-1', 'x')).toBe('UPLOAD_OFFSET_INVALID');
    expect(await send('0', 'too long')).toBe('UPLOAD_TOO_LONG');
    expect(await send('0', 'ba')).toBeUndefined();
    expect((await call('POST', `${place}/complete`)).body['code']).toBe('UPLOAD_INCOMPLETE');
    expect((await call('GET', place)).body).toMatchObject({ files: [{ path: 'source', offset: 2 }] });
    expect(await send('2', 'd!')).toBeUndefined();
    expect((await call('POST', `${place}/complete`)).body['code']).toBe('UPLOAD_DIGEST_WRONG');
    expect((await call('PATCH', `${place}/files/other`, Buffer.from('x'), { 'upload-offset': '0' })).body['code']).toBe(
      'UPLOAD_FILE_UNKNOWN',
    );
    expect((await call('DELETE', place)).status).toBe(204);
    expect((await call('GET', place)).body['code']).toBe('UPLOAD_UNKNOWN');
  });

  it.each([
    [['a', 'a/b'], /'a\/b' can't be a file of an artifact: 'a' is a file/],
    [['metadata.json', 'a'], /'metadata.json' can't be a file of an artifact: .*metadata/],
  ])('refuses files that no folder can hold: %j', async (paths, message) => {
    const files = paths.map((path) => ({ path, sizeBytes: 0 }));
    const refused = await call('POST', '/v1/uploads', { kind: 'source', metadata: {}, files });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'UPLOAD_FILE_INVALID', message: expect.stringMatching(message) as unknown },
    });
  });

  it("takes a third party's kind once its schema is registered", async () => {
    const schema = { type: 'object', properties: { nose: { type: 'string' } }, required: ['nose'] };
    expect((await call('POST', '/v1/kinds', { name: 'dataset.smell', version: 1, schema })).status).toBe(204);
    expect((await call('POST', '/v1/kinds', { name: 'dataset.smell', version: 1, schema })).status).toBe(204);
    const other = { ...schema, required: [] };
    expect((await call('POST', '/v1/kinds', { name: 'dataset.smell', version: 1, schema: other })).body['code']).toBe(
      'ARTIFACT_KIND_TAKEN',
    );
    expect((await call('POST', '/v1/kinds', { name: 'model', version: 1, schema })).body['code']).toBe(
      'ARTIFACT_KIND_INVALID',
    );
    expect((await call('POST', '/v1/kinds', { name: 'bad', version: 1, schema: { type: 'no' } })).body['code']).toBe(
      'ARTIFACT_KIND_INVALID',
    );
    const files = [{ path: 'any', sizeBytes: 0 }];
    const wrong = await call('POST', '/v1/uploads', { kind: 'dataset.smell', metadata: { nose: 1 }, files });
    expect(wrong.body).toMatchObject({ code: 'ARTIFACT_CONTENT_INVALID', message: expect.stringContaining('nose') });
    const right = await call('POST', '/v1/uploads', { kind: 'dataset.smell', metadata: { nose: 'left' }, files });
    expect((await call('POST', `/v1/uploads/${String(right.body['id'])}/complete`)).status).toBe(201);
  });

  it("is not held up by what a third party's schema asks for", async () => {
    const files = [{ path: 'any', sizeBytes: 0 }];
    const asked = async (name: string, schema: object, metadata: unknown): Promise<string> => {
      const registered = await call('POST', '/v1/kinds', { name, version: 1, schema });
      if (registered.status !== 204) return String(registered.body['message']);
      return String((await call('POST', '/v1/uploads', { kind: name, metadata, files })).body['message']);
    };
    const text = { type: 'object', properties: { text: { pattern: '^(a+)+$' } } };
    expect(await asked('slow.pattern', text, { text: `${'a'.repeat(40)}!` })).toMatch(/text: must match pattern/);
    expect(await asked('slow.back', { pattern: '^(a+)\\1$' }, {})).toMatch(/pattern \^\(a\+\)\\1\$ can't be used/);
    // Each of 40 steps asks for the next one twice: 2^40 looks at the same value.
    const steps = Array.from({ length: 40 }, (_, step) => {
      const next = { $ref: `#/$defs/s${step + 1}` };
      return [`s${step}`, { type: 'object', allOf: [next, next] }];
    });
    const doubling = { $defs: { ...Object.fromEntries(steps), s40: { type: 'object' } }, $ref: '#/$defs/s0' };
    expect(await asked('slow.references', doubling, {})).toMatch(/took more than 1000 ms/);
  });
});

describe('files', () => {
  const content = Buffer.from('0123456789');
  let id: Digest;
  let path: string;
  beforeAll(async () => {
    id = await upload('digits', content);
    path = `/v1/artifacts/${id}/files/source`;
  });

  it('are given whole with an entity tag, and not again to who has them', async () => {
    const whole = await call('GET', path);
    expect(whole.bytes.toString()).toBe('0123456789');
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    const tag = whole.headers.get('etag')!;
    expect(tag).toBe(`"${digestOfBytes(content)}"`);
    expect((await call('GET', path, undefined, { 'if-none-match': tag })).status).toBe(304);
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=-1', '9', 'bytes 9-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ])('are given in part for %s', async (range, text, contentRange) => {
    const part = await call('GET', path, undefined, { range });
    expect([part.status, part.bytes.toString(), part.headers.get('content-range')]).toEqual([206, text, contentRange]);
  });

  it('refuse a range beyond their end, ignore one for an older content', async () => {
    const beyond = await call('GET', path, undefined, { range: 'bytes=10-' });
    expect([beyond.status, beyond.headers.get('content-range'), beyond.headers.get('cache-control')]).toEqual([
      416,
      'bytes */10',
      null,
    ]);
    const stale = await call('GET', path, undefined, { range: 'bytes=0-1', 'if-range': '"other"' });
    expect([stale.status, stale.bytes.length]).toEqual([200, 10]);
    const head = await call('HEAD', path);
    expect([head.status, head.headers.get('content-length'), head.bytes.length]).toEqual([200, '10', 0]);
  });

  it('that are not there are named with those that are', async () => {
    expect((await call('GET', `/v1/artifacts/${id}/files/other/file`)).body).toMatchObject({
      code: 'ARTIFACT_FILE_UNKNOWN',
      message: expect.stringContaining('source'),
    });
    expect((await call('GET', `/v1/artifacts/${digestOfBytes('none')}`)).body['code']).toBe('ARTIFACT_UNKNOWN');
    expect((await call('GET', '/v1/artifacts/sha256:zz')).body['code']).toBe('ARTIFACT_ID_INVALID');
  });

  it('with a flipped bit are reported by name and never given', async () => {
    const damaged = await upload('damaged', Buffer.from('untouched content'));
    const blob = digestOfBytes('untouched content');
    const location = running.store.locationOf(blob);
    await chmod(location, 0o644);
    const file = await open(location, 'r+');
    await file.write(Buffer.from('U'), 0, 1, 0);
    await file.close();
    for (const headers of [{}, { range: 'bytes=5-6' }] as Record<string, string>[]) {
      const answer = await call('GET', `/v1/artifacts/${damaged}/files/source`, undefined, headers);
      expect(answer).toMatchObject({
        status: 409,
        body: { code: 'ARTIFACT_DAMAGED', message: expect.stringContaining(location) },
      });
      expect(answer.body['message']).toContain("'source'");
    }
    expect((await call('GET', `/v1/artifacts/${damaged}/export`)).body).toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining(location),
    });
    expect(await upload('damaged', Buffer.from('untouched content'))).toBe(damaged);
    expect((await call('GET', `/v1/artifacts/${damaged}/files/source`)).status).toBe(200);
  });
});

describe('lists and lineage', () => {
  let ids: Digest[];
  beforeAll(async () => {
    const a = await upload('a', Buffer.from('lineage a'));
    const b = await upload('b', Buffer.from('lineage b'), [a]);
    const c = await upload('c', Buffer.from('lineage c'), [b, a]);
    ids = [a, b, c];
  });

  it('come newest first, in pages', async () => {
    const first = await call('GET', '/v1/artifacts?kind=source&limit=2');
    expect((first.body['items'] as { id: string }[]).map((item) => item.id)).toEqual([ids[2], ids[1]]);
    const second = await call('GET', `/v1/artifacts?kind=source&limit=1&cursor=${String(first.body['nextCursor'])}`);
    expect((second.body['items'] as { id: string }[])[0]!.id).toBe(ids[0]);
    expect((await call('GET', '/v1/artifacts?cursor=nonsense')).body['code']).toBe('ARTIFACT_CURSOR_INVALID');
    expect((await call('GET', `/v1/artifacts?derivedFrom=${ids[0]}`)).body['items']).toHaveLength(2);
    expect((await call('GET', '/v1/artifacts?limit=0')).status).toBe(400);
  });

  it('show what an artifact came from and what was made of it', async () => {
    const nodesOf = async (id: Digest, direction: string): Promise<string[]> =>
      ((await call('GET', `/v1/artifacts/${id}/lineage?direction=${direction}`)).body['nodes'] as { id: string }[])
        .map((node) => node.id)
        .sort();
    expect(await nodesOf(ids[2]!, 'up')).toEqual([...ids].sort());
    expect(await nodesOf(ids[0]!, 'down')).toEqual([...ids].sort());
    expect(await nodesOf(ids[1]!, 'up')).toEqual([ids[0]!, ids[1]!].sort());
  });

  it('let go of an artifact that nothing needs, and of no other', async () => {
    expect((await call('DELETE', `/v1/artifacts/${ids[0]}`)).body['code']).toBe('ARTIFACT_IN_USE');
    await call('PUT', `/v1/artifacts/${ids[2]}/pin`, { note: 'for the demonstration' });
    expect((await call('DELETE', `/v1/artifacts/${ids[2]}`)).body).toMatchObject({
      code: 'ARTIFACT_PINNED',
      message: expect.stringContaining('demonstration'),
    });
    await call('DELETE', `/v1/artifacts/${ids[2]}/pin`);
    expect((await call('DELETE', `/v1/artifacts/${ids[2]}`)).status).toBe(204);
    expect((await call('GET', `/v1/artifacts/${ids[2]}`)).status).toBe(404);
  });
});

describe('export and import', () => {
  let id: Digest;
  let archive: Buffer;
  beforeAll(async () => {
    const source = await upload('exported source', Buffer.from('exported source'));
    id = await upload('exported', Buffer.alloc(1000, 'x'), [source]);
    archive = (await call('GET', `/v1/artifacts/${id}/export`)).bytes;
  });

  it('are byte-equal each time', async () => {
    expect((await call('GET', `/v1/artifacts/${id}/export`)).bytes.equals(archive)).toBe(true);
    expect(archive.subarray(0, 10).toString()).toBe('oci-layout');
  });

  it('carry an artifact with everything that it came from to another place, ids and lineage kept', async () => {
    const other = await startArtifactsProcess();
    try {
      const imported = await call('POST', '/v1/artifacts/import', archive, {}, other.url);
      expect(imported.status).toBe(201);
      expect((imported.body['artifacts'] as Digest[])[0]).toBe(id);
      const there = await call('GET', `/v1/artifacts/${id}/lineage`, undefined, {}, other.url);
      const here = await call('GET', `/v1/artifacts/${id}/lineage`);
      expect(there.body['edges']).toEqual(here.body['edges']);
      expect((await call('GET', `/v1/artifacts/${id}/files/source`, undefined, {}, other.url)).bytes.length).toBe(1000);
      expect((await call('GET', `/v1/artifacts/${id}/export`, undefined, {}, other.url)).bytes.equals(archive)).toBe(
        true,
      );
    } finally {
      await other.close();
    }
  });

  const file = (name: string, content: Buffer | string): Buffer => {
    const bytes = Buffer.from(content);
    return Buffer.concat([encodeTarHeader(name, bytes.length), bytes, Buffer.alloc(tarPadding(bytes.length))]);
  };
  const link = (name: string): Buffer => {
    const header = encodeTarHeader(name, 0);
    header.write('2', 156);
    header.write('        ', 148);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return header;
  };
  const end = Buffer.alloc(1024);
  const mark = file('oci-layout', '{"imageLayoutVersion":"1.0.0"}');
  const manifest = JSON.stringify({ ...createManifest(artifactTypeOf('source', 1), { a: 1 }, []), layers: [] });
  const blob = (text: string): Buffer => file(`blobs/sha256/${digestOfBytes(text).slice(7)}`, text);
  const index = (text: string): Buffer =>
    file(
      'index.json',
      canonicalJson({ schemaVersion: 2, manifests: [{ digest: digestOfBytes(text), size: text.length }] }),
    );

  it.each<[string, () => Buffer]>([
    ['cut in a blob', () => archive.subarray(0, archive.length - 2500)],
    ['cut before its closing blocks', () => archive.subarray(0, archive.length - 1024)],
    [
      'with a flipped bit',
      () => Buffer.from(archive.map((byte, i) => (i === archive.length - 1024 - 600 ? byte ^ 1 : byte))),
    ],
    ['with a path that leaves it', () => Buffer.concat([mark, file('../../etc/passwd', 'x'), end])],
    ['with an absolute path', () => Buffer.concat([mark, file('/etc/passwd', 'x'), end])],
    ['with a stranger among its files', () => Buffer.concat([mark, file('blobs/sha256/readme', 'x'), end])],
    ['with a link', () => Buffer.concat([mark, link(`blobs/sha256/${'0'.repeat(64)}`), end])],
    [
      'that says it has terabytes',
      () => Buffer.concat([mark, encodeTarHeader(`blobs/sha256/${'0'.repeat(64)}`, 2 ** 42), Buffer.alloc(512)]),
    ],
    ['whose index is huge', () => Buffer.concat([mark, encodeTarHeader('index.json', 2 ** 33), Buffer.alloc(512)])],
    ['without an index', () => Buffer.concat([mark, end])],
    ['without the mark of a layout', () => archive.subarray(1024)],
    ['whose index is no JSON', () => Buffer.concat([mark, file('index.json', '{'), end])],
    ['that names a manifest which it lacks', () => Buffer.concat([mark, index('absent'), end])],
    ['whose manifest names a blob which it lacks', () => Buffer.concat([mark, index(manifest), blob(manifest), end])],
    ['that is compressed', () => Buffer.from([0x1f, 0x8b, 8, 0, ...Buffer.alloc(600, 7)])],
    ['that is empty', () => Buffer.alloc(0)],
  ])('refuse an archive %s, and register nothing', async (_what, make) => {
    const before = (await call('GET', '/v1/artifacts?limit=1000')).body['items'];
    const answer = await call('POST', '/v1/artifacts/import', make());
    expect(answer).toMatchObject({ status: 422, body: { code: 'LAYOUT_INVALID' } });
    expect((await call('GET', '/v1/artifacts?limit=1000')).body['items']).toEqual(before);
  });

  it.each([[['a', 'a/b']], [['metadata.json']]])(
    'refuse an artifact whose files no folder can hold: %j',
    async (paths) => {
      const digest = digestOfBytes('');
      const files = paths.map((path) => ({ path, digest, sizeBytes: 0 }));
      const text = manifestText(createManifest(artifactTypeOf('source', 1), { a: 1 }, files));
      const whole = Buffer.concat([mark, index(text), blob(text), blob(''), blob(canonicalJson({ a: 1 })), end]);
      const { status, body } = await call('POST', '/v1/artifacts/import', whole);
      expect([status, body['code']]).toEqual([422, 'LAYOUT_INVALID']);
      expect(body['message']).toContain(`'${paths.at(-1)}' can't be a file of an artifact: `);
    },
  );

  it('refuse metadata that no database takes, as uploads do', async () => {
    const metadata = { name: 'a\0b', format: 'file', sizeBytes: 0 };
    const files = [{ path: 'source', digest: digestOfBytes(''), sizeBytes: 0 }];
    const text = manifestText(createManifest(artifactTypeOf('source', 1), metadata, files));
    const whole = Buffer.concat([mark, index(text), blob(text), blob(''), blob(canonicalJson(metadata)), end]);
    const imported = await call('POST', '/v1/artifacts/import', whole);
    const begin = (name: string): Promise<Answer> =>
      call('POST', '/v1/uploads', { kind: 'source', metadata: { ...metadata, name }, files: [] });
    const answers = [imported, await begin('\ud800'), await begin(metadata.name)];
    expect(answers.map(({ status, body }) => [status, body['code']])).toEqual([
      [422, 'ARTIFACT_CONTENT_INVALID'],
      [400, 'HTTP_REQUEST_INVALID'],
      [400, 'HTTP_REQUEST_INVALID'],
    ]);
  });
});
