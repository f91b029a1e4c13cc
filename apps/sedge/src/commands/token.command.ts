import { join, resolve } from 'node:path';
import type { CommandContext, CommandGroup, SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';

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
    const { makeKeys } = await import('../access/make-token.js');
    const made = await makeKeys(folderOf(context, options));
    context.emit(made);
    context.say(`${made.signingKey} makes tokens: keep it to yourself`);
    context.say(`${made.keys} checks them: SEDGE_ACCESS_KEYS of services`);
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
      .option('--expires <time>', `how long it counts: 90m, 12h, 30d; 400d at most`, '30d')
      .option('--folder <folder>', 'where the signing key is; access in the data directory when left out')
      .option('--out <file>', 'write it to this file instead of printing it');
  },
  async run(context, _args, options) {
    const { makeTokenFor } = await import('../access/make-token.js');
    const out = typeof options['out'] === 'string' ? resolve(options['out']) : null;
    const made = await makeTokenFor(folderOf(context, options), {
      subject: String(options['for']),
      scope: String(options['scope']),
      team: typeof options['team'] === 'string' ? options['team'] : null,
      expires: String(options['expires']),
      out,
    });
    if (out === null) context.say(made.token);
    const { token, ...facts } = made;
    context.emit(out === null ? { token, ...facts } : { file: out, ...facts });
    return EXIT.ok;
  },
};

function folderOf({ dataDirectory }: CommandContext, { folder }: Record<string, unknown>): string {
  return typeof folder === 'string' ? resolve(folder) : join(dataDirectory, 'access');
}

export const command: CommandGroup = {
  usage: 'token',
  summary: 'access tokens of the API: keys, create',
  help: `A Sedge for its own machine alone asks for no tokens. One whose SEDGE_ACCESS_KEYS is set does, as npm run up:distributed starts it.

  npx sedge token keys
  npx sedge token create --scope run --expires 30d`,
  commands: [keys, create],
};
