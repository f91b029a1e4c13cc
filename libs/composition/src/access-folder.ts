import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair, makeToken, type Caller, type KeyPair } from '@sedge/service-kit';
import { writeSecretFile } from './secret-file.js';

type SigningKey = KeyPair['signingKey'];

/** There is no key to sign tokens with, or one that can't be used. */
export class SigningKeyError extends Error {}

/** A folder with the key that makes access tokens, and the keys that check them. */
export class AccessFolder {
  constructor(readonly folder: string) {}

  /** makes tokens: only its owner may read it */
  get signingKeyFile(): string {
    return join(this.folder, 'signing-key.json');
  }

  /** checks tokens: what SEDGE_ACCESS_KEYS names */
  get keysFile(): string {
    return join(this.folder, 'keys.json');
  }

  /** Makes keys unless there are some. @returns whether they are new */
  async makeKeys(): Promise<boolean> {
    if (existsSync(this.signingKeyFile)) return false;
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const { signingKey, keySet } = await makeKeyPair();
    await writeFile(this.keysFile, `${JSON.stringify(keySet, null, 2)}\n`);
    await writeSecretFile(this.signingKeyFile, `${JSON.stringify(signingKey, null, 2)}\n`);
    return true;
  }

  /** @throws SigningKeyError, TypeError where a name is none */
  async token(caller: Caller, life: { issuedAt: Date; expiresAt: Date }): Promise<string> {
    return makeToken(await this.signingKey(), caller, life);
  }

  /** Whether others than its owner may read the signing key. */
  async isExposed(): Promise<boolean> {
    return ((await stat(this.signingKeyFile)).mode & 0o077) !== 0;
  }

  private async signingKey(): Promise<SigningKey> {
    const text = await readFile(this.signingKeyFile, 'utf8').catch(() => {
      throw new SigningKeyError(`there is no signing key ${this.signingKeyFile}`);
    });
    try {
      return JSON.parse(text) as SigningKey;
    } catch {
      throw new SigningKeyError(`${this.signingKeyFile} is no key`);
    }
  }
}
