import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { CommandContext, CommandGroup, SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const SIGNING_KEY = 'signing-key.json';
const KEYS = 'keys.json';
const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_DAYS = 400;

const keys: SedgeCommand = {
  usage: 'keys',
  summary: 'make the keys by which access tokens are signed and checked',
  help: `Writes two files: ${SIGNING_KEY}, which makes tokens and which nobody but you may read, and ${KEYS}, by which services check tokens:
start them with SEDGE_ACCESS_KEYS=FOLDER/${KEYS}. Keys that are there stay as they are.

  npx sedge token keys                              in the folder access of the data directory
  npx sedge token keys --folder /etc/sedge/access

To change keys, make new ones in another folder and copy the entry of the old ${KEYS} into the new one: tokens of both count, until you
take it out again.

Exit codes: 0 made, 1 the folder has keys already or can't be written.`,
  configure(command) {
    command.option('--folder <folder>', 'where they are kept; access in the data directory when left out');
  },
  async run(context, _args, options) {
    const folder = folderOf(context, options);
    const { makeKeyPair } = await import('@sedge/service-kit');
    const { signingKey, keySet } = await makeKeyPair();
    const file = join(folder, SIGNING_KEY);
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(file, `${JSON.stringify(signingKey, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
      await writeFile(join(folder, KEYS), `${JSON.stringify(keySet, null, 2)}\n`);
    } catch (error) {
      const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
      const message = isThere ? `${file} is there already` : `${folder} can't be written: ${(error as Error).message}`;
      throw new CommandError('CLI_KEYS_NOT_MADE', message, EXIT.failed, 'name another folder: --folder FOLDER');
    }
    context.emit({ signingKey: file, keys: join(folder, KEYS) });
    context.say(
      `${file} makes tokens: keep it to yourself\n${join(folder, KEYS)} checks them: SEDGE_ACCESS_KEYS of services`,
    );
    return EXIT.ok;
  },
};

const create: SedgeCommand = {
  usage: 'create',
  summary: 'make an access token',
  help: `Prints the token, which is shown nowhere else. It needs the signing key (npx sedge token keys), and no Sedge that runs.

  npx sedge token create --scope read                               looks: runs, artifacts, logs
  npx sedge token create --scope run --for anna                     starts and cancels runs, uploads artifacts
  npx sedge token create --scope run --team vision --expires 30d    and does the jobs of stages that the team vision owns
  npx sedge token create --scope admin --expires 1h                 removes artifacts, collects garbage, speaks for every team
  npx sedge token create --out worker.token                         into a file that nobody else may read

With --json: {"token", "subject", "scope", "team", "expiresAt"}. A token counts until it expires; to take one back before, change the keys.

Exit codes: 0 made, 2 an option is wrong, 4 there is no signing key.`,
  configure(command) {
    command
      .option('--scope <scope>', 'read, run or admin; each includes those before it', 'read')
      .option('--team <team>', 'the team whose stages it may act for; absent: no team')
      .option('--for <name>', 'who will use it, for logs', 'user')
      .option('--expires <time>', `how long it counts: 90m, 12h, 30d; ${LONGEST_DAYS}d at most`, '30d')
      .option('--folder <folder>', 'where the signing key is; access in the data directory when left out')
      .option('--out <file>', 'write it to this file instead of printing it');
  },
  async run(context, _args, options) {
    const { SCOPES, makeToken } = await import('@sedge/service-kit');
    const scope = SCOPES.find((name) => name === options['scope']);
    if (!scope) throw refusal(`--scope '${String(options['scope'])}' is none`, `give one of ${SCOPES.join(', ')}`);
    const team = typeof options['team'] === 'string' ? options['team'] : null;
    const subject = String(options['for']);
    const issuedAt = new Date();
    const expiresAt = new Date(issuedAt.getTime() + durationMs(String(options['expires'])));
    const signingKey = await readSigningKey(join(folderOf(context, options), SIGNING_KEY));
    const token = await makeToken(signingKey, { subject, scope, team }, { issuedAt, expiresAt }).catch(
      (error: Error) => {
        throw refusal(error.message, 'names of bearers and teams begin with a letter or digit and hold no spaces');
      },
    );
    const facts = { subject, scope, team, expiresAt: expiresAt.toISOString() };
    if (typeof options['out'] === 'string') await writeSecret(resolve(options['out']), token);
    else context.say(token);
    context.emit(
      typeof options['out'] === 'string' ? { file: resolve(options['out']), ...facts } : { token, ...facts },
    );
    return EXIT.ok;
  },
};

function folderOf({ dataDirectory }: CommandContext, { folder }: Record<string, unknown>): string {
  return typeof folder === 'string' ? resolve(folder) : join(dataDirectory, 'access');
}

function durationMs(text: string): number {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * UNIT_MS[unit ?? 'm']!;
  if (ms > 0 && ms <= LONGEST_DAYS * UNIT_MS['d']!) return ms;
  throw refusal(
    `--expires '${text}' is no time a token may count`,
    `write it like 90m, 12h or 30d; ${LONGEST_DAYS}d at most`,
  );
}

async function readSigningKey(file: string): Promise<object> {
  const text = await readFile(file, 'utf8').catch(() => {
    const mend = 'make keys by npx sedge token keys, or name their folder: --folder FOLDER';
    throw new CommandError('CLI_NO_SIGNING_KEY', `there is no signing key ${file}`, EXIT.notFound, mend);
  });
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) process.stderr.write(`warning: others may read ${file}; chmod 600 mends it\n`);
  try {
    return JSON.parse(text) as object;
  } catch {
    throw refusal(`${file} is no key`, 'make keys in another folder: npx sedge token keys --folder FOLDER');
  }
}

/** Whoever could read a file that is there already can't read it any more. */
async function writeSecret(file: string, text: string): Promise<void> {
  await writeFile(file, '', { mode: 0o600 });
  await chmod(file, 0o600);
  await writeFile(file, `${text}\n`);
}

const refusal = (message: string, mend: string): CommandError =>
  new CommandError('CLI_TOKEN_NOT_MADE', message, EXIT.usage, mend);

export const command: CommandGroup = {
  usage: 'token',
  summary: 'access tokens of the API: keys, create',
  help: `A Sedge for its own machine alone asks for no tokens. One whose SEDGE_ACCESS_KEYS is set does, as npm run up:distributed starts it.

  npx sedge token keys
  npx sedge token create --scope run --expires 30d`,
  commands: [keys, create],
};
