import type { CommandGroup, SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { parseCount } from '../output/numbers.js';
import { table } from '../output/table.js';

/** As `/v1/dead-letters` answers. */
interface DeadLetter {
  id: string;
  consumer: string;
  subject: string;
  event: unknown;
  reason: string;
  message: string;
  deliveries: number;
  keptAt: string;
}

const MOST = 1000;

const list: SedgeCommand = {
  usage: 'list',
  summary: 'list events that could not be handled, oldest first',
  help: `  npx sedge dead-letters list
  npx sedge dead-letters list --limit 5 --json      a line for each: {"id", "consumer", "subject", "reason", "message", …}

Exit codes: 0 listed, 2 --limit is no count.`,
  configure(command) {
    command.option('--limit <count>', 'how many', '100');
  },
  async run(context, _args, options) {
    const limit = parseCount(options['limit'], '--limit', MOST);
    const { letters } = await (await context.api()).get<{ letters: DeadLetter[] }>(`/v1/dead-letters?limit=${limit}`);
    for (const letter of letters) context.emit(letter);
    const rows = letters.map(({ id, keptAt, consumer, subject, reason, message }) => [
      id,
      keptAt.slice(0, 19),
      consumer,
      subject,
      `${reason}: ${message.split('\n')[0]}`,
    ]);
    context.say(rows.length > 0 ? table(['id', 'since', 'consumer', 'subject', 'reason'], rows) : 'None.');
    return EXIT.ok;
  },
};

const show: SedgeCommand = {
  usage: 'show <id>',
  summary: 'show an event that could not be handled, whole',
  help: `  npx sedge dead-letters show 17

Exit codes: 0 shown, 4 there is no such dead letter.`,
  async run(context, [id]) {
    const letter = await (await context.api()).get<DeadLetter>(placeOf(id!));
    context.emit(letter);
    context.say(JSON.stringify(letter, null, 2));
    return EXIT.ok;
  },
};

const replay: SedgeCommand = {
  usage: 'replay <id...>',
  summary: 'send events again to the one who could not handle them',
  help: `For when what kept them from being handled is mended. Who handled such an event before takes it for a duplicate.

  npx sedge dead-letters replay 17 18

Exit codes: 0 sent, 4 there is no such dead letter.`,
  async run(context, ids) {
    const api = await context.api();
    for (const id of ids) {
      await api.post(`${placeOf(id)}/replay`);
      context.emit({ id, replayed: true });
      context.say(`${id} was sent again`);
    }
    return EXIT.ok;
  },
};

const discard: SedgeCommand = {
  usage: 'discard <id...>',
  summary: 'forget events that could not be handled',
  help: `  npx sedge dead-letters discard 17

Exit codes: 0 forgotten, 4 there is no such dead letter.`,
  async run(context, ids) {
    const api = await context.api();
    for (const id of ids) {
      await api.delete(placeOf(id));
      context.emit({ id, discarded: true });
      context.say(`${id} is forgotten`);
    }
    return EXIT.ok;
  },
};

const placeOf = (id: string): string => `/v1/dead-letters/${encodeURIComponent(id)}`;

export const command: CommandGroup = {
  usage: 'dead-letters',
  summary: 'events that could not be handled: list, show, replay, discard',
  help: `  npx sedge dead-letters list
  npx sedge dead-letters replay ID`,
  commands: [list, show, replay, discard],
};
