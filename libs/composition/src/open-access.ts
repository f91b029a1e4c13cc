import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Access, TokenReader } from '@sedge/service-kit';
import type { AccessSettings } from './settings.js';

/** A file of keys or a token can't be used. */
export class AccessFileError extends Error {
  readonly code = 'ACCESS_FILE_UNUSABLE';

  constructor(
    variable: string,
    file: string,
    reason: string,
    readonly mend: string,
  ) {
    super(`${variable}: ${file}: ${reason}`);
  }
}

/** @throws AccessFileError where the keys can't be read */
export async function openAccess({ keysFile }: AccessSettings): Promise<Access> {
  if (keysFile === null) return new Access(null);
  const mend = 'make keys by npx sedge token keys, and name the file keys.json';
  try {
    return new Access(new TokenReader(JSON.parse(await readFile(keysFile, 'utf8'))));
  } catch (error) {
    throw new AccessFileError('SEDGE_ACCESS_KEYS', keysFile, (error as Error).message, mend);
  }
}

/** Headers of the process's own requests. The file is read each time, so that a token is renewed by writing another one. */
export function authorizationOf({ tokenFile }: AccessSettings): () => Record<string, string> {
  if (tokenFile === null) return () => ({});
  return () => {
    try {
      return { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
    } catch (error) {
      const mend = 'make a token by npx sedge token create --scope read, and write it there';
      throw new AccessFileError('SEDGE_TOKEN_FILE', tokenFile, (error as Error).message, mend);
    }
  };
}
