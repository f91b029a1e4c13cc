import { join, resolve } from 'node:path';
import type { AccessFolder } from '@sedge/composition';
import type { CommandContext, CommandGroup, SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_DAYS = 400;

const keys: SedgeCommand = {
  usage: 'keys',
  summary: 'make the keys by which access tokens are signed and checked',
  help: `Writes two files: signing-key.json, which makes tokens and which nobody but you may read, and keys.json, by which services check tokens:
start them with SEDGE_ACCESS_KEYS=FOLDER/keys.json. Keys that are there stay as they are.

  npx sedge token keys                              in the folder access of the data directory
  npx sedge token keys --folder /etc/sedge/access

To change keys, make new ones in another folder and copy the entry of the old keys.json into the new one: tokens of both count, until you
take it out again.

Exit codes: 0 made, 1 the folder has keys already or can't be written.`,
  configure(command) {
    command.option('--folder <folder>', 'where they are kept; access in the data directory when left out');
  },
  async run(context, _args, options) {
    const access = await accessFolder(context, options);
    const isNew = await access.makeKeys().catch((error: Error) => {
      throw notMade(`${access.folder} can't be written: ${error.message}`);
    });
    if (!isNew) throw notMade(`${access.signingKeyFile} is there already`);
    context.emit({ signingKey: access.signingKeyFile, keys: access.keysFile });
    context.say(`${access.signingKeyFile} makes tokens: keep it to yourself`);
    context.say(`${access.keysFile} checks them: SEDGE_ACCESS_KEYS of services`);
    return EXIT.ok;
  },
};

const notMade = (message: string): CommandError =>
  new CommandError('CLI_KEYS_NOT_MADE', message, EXIT.failed, 'name another folder: --folder FOLDER');

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
    const { SCOPES } = await import('@sedge/service-kit');
    const scope = SCOPES.find((name) => name === options['scope']);
    if (!scope) throw refusal(`--scope '${String(options['scope'])}' is none`, `give one of ${SCOPES.join(', ')}`);
    const team = typeof options['team'] === 'string' ? options['team'] : null;
    const subject = String(options['for']);
    const issuedAt = new Date();
    const expiresAt = new Date(issuedAt.getTime() + durationMs(String(options['expires'])));
    const access = await accessFolder(context, options);
    const token = await access.token({ subject, scope, team }, { issuedAt, expiresAt }).catch(tokenNotMade);
    if (await access.isExposed()) {
      process.stderr.write(`warning: others may read ${access.signingKeyFile}; chmod 600 mends it\n`);
    }
    const facts = { subject, scope, team, expiresAt: expiresAt.toISOString() };
    if (typeof options['out'] !== 'string') {
      context.say(token);
      context.emit({ token, ...facts });
    } else {
      const { writeSecretFile } = await import('@sedge/composition');
      await writeSecretFile(resolve(options['out']), `${token}\n`);
      context.emit({ file: resolve(options['out']), ...facts });
    }
    return EXIT.ok;
  },
};

async function accessFolder(
  { dataDirectory }: CommandContext,
  { folder }: Record<string, unknown>,
): Promise<AccessFolder> {
  const { AccessFolder } = await import('@sedge/composition');
  return new AccessFolder(typeof folder === 'string' ? resolve(folder) : join(dataDirectory, 'access'));
}

function tokenNotMade(error: Error): never {
  if (error instanceof TypeError) throw refusal(error.message, 'names begin with a letter or digit and hold no spaces');
  const mend = 'make keys by npx sedge token keys, or name their folder: --folder FOLDER';
  throw new CommandError('CLI_NO_SIGNING_KEY', error.message, EXIT.notFound, mend);
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
