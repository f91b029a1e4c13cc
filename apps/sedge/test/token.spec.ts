import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKeys, makeTokenFor } from '../src/access/make-token.js';

describe('an access token', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-token-'));
    await makeKeys(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('that can not be written where it should go is refused with the place', async () => {
    const out = join(folder, 'absent', 'token');
    const wish = { subject: 'anna', scope: 'read', team: null, expires: '1h', out };
    await expect(makeTokenFor(folder, wish)).rejects.toMatchObject({
      code: 'CLI_TOKEN_NOT_MADE',
      exitCode: 2,
      message: expect.stringContaining(out) as string,
    });
  });
});
