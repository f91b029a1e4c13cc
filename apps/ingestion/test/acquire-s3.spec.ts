import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingServer } from '@sedge/local-servers';
import { runBuiltinTool } from '@sedge/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { tool } from '../src/tools/acquire-source.tool.js';
import { startS3, type S3Server } from './builders/s3-server.js';
import { runJob, type JobResult } from './builders/tool-job.js';

const KEY = 'raw data/speech #1?.tar';
const content = randomBytes(2_000_000);
let folder: string;
let server: S3Server;
let bucket: string;

const missing = process.env['SEDGE_TEST_S3'] ? null : missingServer('versitygw');

beforeAll(async () => {
  if (missing !== null) return;
  folder = await mkdtemp(join(tmpdir(), 'sedge-s3-'));
  server = await startS3();
  bucket = `sedge-${randomBytes(4).toString('hex')}`;
  await server.client.makeBucket(bucket);
  await server.client.putObject(bucket, KEY, content);
});
afterAll(async () => {
  if (missing !== null) return;
  await server.client.removeObject(bucket, KEY);
  await server.client.removeBucket(bucket);
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(() => void vi.unstubAllEnvs());

function setEnvironment(more: Record<string, string | undefined> = {}): void {
  for (const [name, value] of Object.entries({ ...server.environment, ...more })) vi.stubEnv(name, value);
}

function acquire(key: string): Promise<JobResult> {
  return runJob(tool, folder, {}, { from: `s3://${key}` });
}

const failing = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });

describe.skipIf(missing)(`a source in S3 (${missing ?? 'on VersityGW'})`, () => {
  it('comes in byte for byte, its key taken as it stands', async () => {
    setEnvironment();
    const source = await acquire(`${bucket}/${KEY}`);
    expect((await readFile(join(source.path, 'source'))).equals(content)).toBe(true);
    expect(source.metadata).toMatchObject({ name: 'speech #1?.tar', sizeBytes: content.length });
  });

  it.each([
    ['goes on where an earlier attempt ended', (etag: string) => etag, 1_500_000],
    ['begins anew when the object is another one by now', () => 'another', 0],
  ])('%s', async (_, versionOf, from) => {
    setEnvironment();
    const { etag } = await server.client.statObject(bucket, KEY);
    const own = await mkdtemp(join(folder, 'attempt-'));
    await mkdir(join(own, 'scratch'));
    await writeFile(join(own, 'scratch', 'source'), content.subarray(0, 1_500_000));
    await writeFile(join(own, 'scratch', 'source.version'), versionOf(etag));
    const { lines } = await runBuiltinTool(tool, {
      folder: own,
      inputs: {},
      parameters: { from: `s3://${bucket}/${KEY}` },
    });
    const first = lines.find((line) => line.type === 'progress')!;
    expect(first.type === 'progress' && first.done).toBeGreaterThan(from);
    expect(first.type === 'progress' && first.done).toBeLessThan(from + 500_000);
    expect((await readFile(join(own, 'out', 'source', 'source'))).equals(content)).toBe(true);
  });

  it.each([
    ['an object that is not there', () => `${bucket}/none`, {}, 'INGESTION_SOURCE_REFUSED', /404/],
    ['a bucket that is not there', () => 'no-such-bucket-here/x', {}, 'INGESTION_SOURCE_REFUSED', /404/],
    ['no object', () => bucket, {}, 'INGESTION_SOURCE_FORM', /s3:\/\/BUCKET\/KEY/],
    [
      'a key that nobody has',
      () => `${bucket}/${KEY}`,
      { AWS_ACCESS_KEY_ID: 'nobody' },
      'INGESTION_SOURCE_REFUSED',
      /403/,
    ],
    [
      'half of the keys',
      () => `${bucket}/${KEY}`,
      { AWS_SECRET_ACCESS_KEY: undefined },
      'INGESTION_S3_SETTINGS',
      /only one/,
    ],
    [
      'an endpoint that is no address',
      () => `${bucket}/${KEY}`,
      { AWS_ENDPOINT_URL_S3: 'here' },
      'INGESTION_S3_SETTINGS',
      /'here'/,
    ],
    [
      'an endpoint that is no host',
      () => `${bucket}/${KEY}`,
      { AWS_ENDPOINT_URL_S3: 'http://here-' },
      'INGESTION_S3_SETTINGS',
      /'here-'/,
    ],
  ])('is refused with %s', async (_, key, more, code, message) => {
    setEnvironment(more);
    await expect(acquire(key())).rejects.toEqual(failing(code, message));
  });
});
