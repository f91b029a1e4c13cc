import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import type { Host } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UploadFiles } from './upload-files.service.js';

describe('chunks of a file of an upload', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-upload-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('that come while another is written are refused with that reason', async () => {
    const files = new UploadFiles({ dataDirectory: folder } as Host);
    const place = { upload: 'u', position: 0, path: 'a.bin' };
    const slow = new PassThrough();
    const first = files.append(place, slow, 0, 10);
    slow.write('a');
    await expect.poll(() => files.offsetOf('u', 0)).toBe(1);
    await expect(files.append(place, Readable.from([]), 1, 10)).rejects.toThrow(
      "'a.bin' has 1 bytes so far; another request writes to it just now",
    );
    slow.end('bc');
    expect(await first).toBe(3);
    await expect(files.append(place, Readable.from([]), 1, 10)).rejects.toThrow(
      "'a.bin' has 3 bytes so far; a chunk must start there, not at 1",
    );
  });
});
