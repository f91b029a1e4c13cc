// The keys of a cluster's access tokens, in the folder `access` of its home, and tokens made with them.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair, makeToken } from '@sedge/service-kit';

const DAY_MS = 86_400_000;

export class AccessKeys {
  #signingKey;

  /** Takes the keys that are there, or makes some. */
  static async open(folder) {
    const keys = new AccessKeys();
    keys.folder = folder;
    keys.file = join(folder, 'keys.json');
    const secret = join(folder, 'signing-key.json');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(secret) || !existsSync(keys.file)) {
      const { signingKey, keySet } = await makeKeyPair();
      await writeFile(keys.file, JSON.stringify(keySet, null, 2));
      await writeSecret(secret, JSON.stringify(signingKey, null, 2));
    }
    keys.#signingKey = JSON.parse(await readFile(secret, 'utf8'));
    return keys;
  }

  /** @returns a token */
  token({ subject, scope, team = null, expiresAt = new Date(Date.now() + 30 * DAY_MS) }) {
    const issuedAt = new Date(Math.min(Date.now(), expiresAt.getTime() - 1000));
    return makeToken(this.#signingKey, { subject, scope, team }, { issuedAt, expiresAt });
  }

  /** @returns the file of a new token */
  async tokenFile(name, caller) {
    const file = join(this.folder, `${name}.token`);
    await writeSecret(file, await this.token(caller));
    return file;
  }
}

/** Into a file that nobody else may read, also where it was there before. */
export async function writeSecret(file, text) {
  await writeFile(file, '', { mode: 0o600 });
  await chmod(file, 0o600);
  await writeFile(file, text);
}
