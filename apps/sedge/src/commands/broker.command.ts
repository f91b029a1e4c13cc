import { join, resolve } from 'node:path';
import type { Party } from '@sedge/event-contracts';
import type { CommandContext, CommandGroup, SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

const users: SedgeCommand = {
  usage: 'users',
  summary: 'make the users of the NATS server, each with what it may do',
  help: `Writes two files that nobody but you may read: broker-users.json holds a password for each user, and nats-authorization.conf is what the
configuration of nats-server includes (include nats-authorization.conf). What a user may do follows from who publishes and who consumes each
event. Users and passwords that are there stay as they are, whatever is named now; --remove takes a user away. nats-server takes the new file
after nats-server --signal reload, or at its next start.

  npx sedge broker users --stage ingestion --stage training --stage deployment-optimizer --stage benchmark
  npx sedge broker users --stage training --worker training/judge-value --bystander reviewer --folder /etc/sedge/broker
  npx sedge broker users --remove bystander-reviewer

A service's user is its name (workflow, training), a worker's is worker-TOOL, a bystander's is bystander-NAME; operator may do everything, and
prepares the broker. With --json: {"users", "configuration", "passwords"}.

Exit codes: 0 written, 2 an option is wrong, 5 the files that are there can't be used.`,
  configure(command) {
    const more = (text: string, before: string[]): string[] => [...before, text];
    command
      .option('--stage <name>', 'a stage whose service is at the broker; may be repeated', more, [])
      .option('--worker <stage/tool>', 'somebody outside who does the jobs of a tool; may be repeated', more, [])
      .option('--bystander <name>', 'somebody outside who watches artifacts; may be repeated', more, [])
      .option('--remove <user>', 'a user that is taken away; may be repeated', more, [])
      .option('--folder <folder>', 'where they are kept; access in the data directory when left out');
  },
  async run(context, _args, options) {
    const parties = partiesOf(options);
    const { makeBrokerUsers } = await import('../access/broker.js');
    const made = await makeBrokerUsers(folderOf(context, options), parties, options['remove'] as string[]);
    context.emit(made);
    context.say(`${made.users.length} users: ${made.users.join(', ')}`);
    context.say(`${made.configuration} is for nats-server, ${made.passwords} holds their passwords`);
    return EXIT.ok;
  },
};

const prepare: SedgeCommand = {
  usage: 'prepare',
  summary: 'make the streams of the NATS server, as its operator',
  help: `Services that are users of their own may not make streams. Run it once, and again after an update of Sedge; it changes nothing that is right.

  SEDGE_NATS_URL=nats://operator:PASSWORD@HOST:4222 npx sedge broker prepare

For tls:// the file of the authority is in SEDGE_CA_FILE.

Exit codes: 0 prepared, 2 SEDGE_NATS_URL is missing, 5 the broker can't be used.`,
  async run(context) {
    const { brokerUrlIn, prepareStreamsAt } = await import('../access/broker.js');
    const url = brokerUrlIn(process.env);
    if (!url) {
      const mend = 'set it to nats://operator:PASSWORD@HOST:4222';
      throw new CommandError('CLI_NO_BROKER', 'SEDGE_NATS_URL is not set', EXIT.usage, mend);
    }
    await prepareStreamsAt(url, process.env['SEDGE_CA_FILE'] || null);
    context.emit({ prepared: true });
    context.say('The broker is prepared');
    return EXIT.ok;
  },
};

function folderOf({ dataDirectory }: CommandContext, { folder }: Record<string, unknown>): string {
  return typeof folder === 'string' ? resolve(folder) : join(dataDirectory, 'access');
}

const NAME = /^[a-z][\w-]*$/;
const TOOL = /^([a-z][\w-]*)\/([a-z][\w.-]*)$/;

function partiesOf(options: Record<string, unknown>): Party[] {
  const given = (name: string): string[] => options[name] as string[];
  const workers = given('worker').map((text): Party => {
    const [, stage, tool] = TOOL.exec(text) ?? [];
    if (stage === undefined || tool === undefined) throw refusal(`--worker '${text}' is no STAGE/TOOL`);
    return { kind: 'worker', stage, tool };
  });
  for (const name of [...given('stage'), ...given('bystander')]) {
    if (!NAME.test(name)) throw refusal(`'${name}' is no name of a stage or a bystander`);
  }
  return [
    { kind: 'workflow' },
    ...given('stage').map((stage): Party => ({ kind: 'stage', stage })),
    ...workers,
    ...given('bystander').map((name): Party => ({ kind: 'bystander', name })),
  ];
}

const refusal = (message: string): CommandError =>
  new CommandError(
    'CLI_BROKER_PARTY_INVALID',
    message,
    EXIT.usage,
    'names are lower-case words, e.g. --worker training/judge-value',
  );

export const command: CommandGroup = {
  usage: 'broker',
  summary: 'the NATS server between services: users, prepare',
  help: `For whoever sets up the back ends of separate services; npm run up:distributed does all of this by itself.

  npx sedge broker users --stage training --stage benchmark
  npx sedge broker prepare`,
  commands: [users, prepare],
};
