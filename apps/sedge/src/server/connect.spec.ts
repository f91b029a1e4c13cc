import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../exit-codes.js';
import { connectOrStart } from './connect.js';

const SECRET = 'abc';
const connect = (url: string, tokenFile?: string): Promise<unknown> =>
  connectOrStart('/nowhere', { url, tokenFile }, false);

describe('a Sedge that the user names', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([`${SECRET}\nX-Evil: 1`, `${SECRET} d`, `${SECRET}\u00e9`])(
    'gets no token that none can be, and what it is stays secret (%j)',
    async (token) => {
      vi.stubEnv('SEDGE_TOKEN', token);
      const folder = mkdtempSync(join(tmpdir(), 'sedge-connect-'));
      const file = join(folder, 'my.token');
      writeFileSync(file, token);
      try {
        for (const [where, tokenFile] of [['SEDGE_TOKEN'], ['my.token', file]] as const) {
          const refusal: unknown = await connect('http://here:1', tokenFile).catch((error: unknown) => error);
          expect(refusal).toMatchObject({ code: 'CLI_BAD_TOKEN', exitCode: EXIT.usage });
          expect(String(refusal)).toContain(where);
          expect(String(refusal)).not.toContain(SECRET);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  it('is not reached by a user, a path or a query that would be dropped', async () => {
    for (const url of [`http://user:${SECRET}@here:1/`, 'http://here:1/foo', 'http://here:1?x', 'http://here:1/#x']) {
      const refusal: unknown = await connect(url).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'CLI_BAD_SERVER', exitCode: EXIT.usage });
      expect(JSON.stringify(refusal) + String(refusal)).not.toContain(SECRET);
      expect((refusal as { mend: string }).mend).toContain('write --server http://here:1');
    }
    vi.stubEnv('SEDGE_TOKEN', 'aA0._-');
    await expect(connect('http://here:1/')).resolves.toMatchObject({ isOwn: false });
  });
});
