import { AccessFolder, SigningKeyError, writeSecretFile } from '@sedge/composition';
import { SCOPES, type Scope } from '@sedge/service-kit';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { printNote } from '../output/printing.js';

/** A token as it is asked for. */
export interface TokenWish {
  subject: string;
  scope: string;
  team: string | null;
  /** how long it counts, e.g. `30d` */
  expires: string;
  /** file to write it to, null for none */
  out: string | null;
}

export interface MadeToken {
  token: string;
  subject: string;
  scope: Scope;
  team: string | null;
  expiresAt: string;
}

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_DAYS = 400;

/** Makes the keys of a folder. @throws CommandError where there are some already */
export async function makeKeys(folder: string): Promise<{ signingKey: string; keys: string }> {
  const access = new AccessFolder(folder);
  const isNew = await access.makeKeys().catch((error: Error) => {
    throw keysNotMade(`${folder} can't be written: ${error.message}`);
  });
  if (!isNew) throw keysNotMade(`${access.signingKeyFile} is there already`);
  return { signingKey: access.signingKeyFile, keys: access.keysFile };
}

/** Makes a token with the key of a folder. @throws CommandError */
export async function makeTokenFor(folder: string, wish: TokenWish): Promise<MadeToken> {
  const { subject, team, out } = wish;
  const scope = SCOPES.find((name) => name === wish.scope);
  if (!scope) throw refusal(`--scope '${wish.scope}' is none`, `give one of ${SCOPES.join(', ')}`);
  const issuedAt = new Date();
  const expiresAt = new Date(issuedAt.getTime() + durationMs(wish.expires));
  const access = new AccessFolder(folder);
  const token = await access.token({ subject, scope, team }, { issuedAt, expiresAt }).catch(tokenNotMade);
  if (await access.isExposed()) {
    printNote(`warning: others may read ${access.signingKeyFile}; chmod 600 mends it`);
  }
  if (out !== null) {
    await writeSecretFile(out, `${token}\n`).catch((error: Error) => {
      throw refusal(`--out '${out}' can't be written: ${error.message}`, 'name a file in a folder that you may write');
    });
  }
  return { token, subject, scope, team, expiresAt: expiresAt.toISOString() };
}

function durationMs(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * UNIT_MS[unit ?? 'm']!;
  if (ms > 0 && ms <= LONGEST_DAYS * UNIT_MS['d']!) return ms;
  const mend = `write it like 90m, 12h or 30d; ${LONGEST_DAYS}d at most`;
  throw refusal(`--expires '${text}' is no time a token may count`, mend);
}

function tokenNotMade(error: Error): never {
  if (error instanceof TypeError) throw refusal(error.message, 'names begin with a letter or digit and hold no spaces');
  if (!(error instanceof SigningKeyError)) throw error;
  const mend = 'make keys by npx sedge token keys, or name their folder: --folder FOLDER';
  throw new CommandError('CLI_NO_SIGNING_KEY', error.message, EXIT.notFound, mend);
}

const keysNotMade = (message: string): CommandError =>
  new CommandError('CLI_KEYS_NOT_MADE', message, EXIT.failed, 'name another folder: --folder FOLDER');

const refusal = (message: string, mend: string): CommandError =>
  new CommandError('CLI_TOKEN_NOT_MADE', message, EXIT.usage, mend);
