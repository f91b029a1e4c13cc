import { JetStreamApiError, type JetStreamClient, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { DeadLetters, KeptLetter } from '@sedge/ports';
import { orLostBroker } from './lost-broker.js';
import { DEAD_LETTERS, DEAD_LETTER_SUBJECT, REPLAY_SUBJECT } from './streams.js';

/** What is known of an event that could not be handled, beside its bytes. */
export interface Burial {
  consumer: string;
  subject: string;
  reason: string;
  message: string;
  deliveries: number;
  /** where the event lies in its stream, and since when: with the consumer it names the letter, so that it is kept once */
  position: number;
  storedAtNanos: number;
}

const FIELDS = {
  subject: 'Sedge-Subject',
  reason: 'Sedge-Reason',
  message: 'Sedge-Message',
  deliveries: 'Sedge-Deliveries',
} as const;

const TEXT_LIMIT = 2000;
/** What a broker takes by default, headers included. */
const MESSAGE_BYTES = 1 << 20;
/** Of the headers, beside what ours are: their names and the id. */
const SPARE_BYTES = 2000;
const NO_MESSAGE = 10037;

/**
 * Keeps the bytes of an event as they came; what is known of them are headers. Somebody's event that leaves no room for them is cut, which the
 * letter says.
 */
export async function bury(client: JetStreamClient, bytes: Uint8Array, burial: Burial): Promise<void> {
  const { consumer, position, storedAtNanos } = burial;
  const texts = Object.entries(FIELDS).map(([name, header]) => [header, lineOf(burial[name as keyof Burial])] as const);
  const room = MESSAGE_BYTES - SPARE_BYTES - texts.reduce((sum, [, text]) => sum + text.length, 0);
  const fields = headers();
  for (const [header, text] of texts) fields.set(header, text);
  if (bytes.length > room) {
    const note = lineOf(` (of its ${bytes.length} bytes the first ${room} are kept)`);
    fields.set(FIELDS.message, `${fields.get(FIELDS.message)}${note}`);
  }
  const msgID = `${consumer} ${position} ${storedAtNanos}`;
  await client.publish(`${DEAD_LETTER_SUBJECT}.${consumer}`, bytes.subarray(0, room), { headers: fields, msgID });
}

/** A header is one line of text. Half a character, which a text may hold or be cut to, can't be encoded. */
const lineOf = (value: string | number): string =>
  encodeURIComponent(String(value).slice(0, TEXT_LIMIT).toWellFormed());

/** The dead letters of the broker. A letter's id is its position in their stream. Each method: @throws LostBackEndError */
export class NatsDeadLetters implements DeadLetters {
  constructor(
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
  ) {}

  async list(limit: number, after?: string): Promise<KeptLetter[]> {
    const letters: KeptLetter[] = [];
    for (let next = Number(after ?? 0) + 1; letters.length < limit;) {
      const message = await this.at({ seq: next, next_by_subj: `${DEAD_LETTER_SUBJECT}.>` });
      if (message === null) break;
      letters.push(letterOf(message));
      next = message.seq + 1;
    }
    return letters;
  }

  async count(): Promise<number> {
    return (await orLostBroker(this.manager.streams.info(DEAD_LETTERS))).state.messages;
  }

  async find(id: string): Promise<KeptLetter | null> {
    const message = await this.message(id);
    return message && letterOf(message);
  }

  async replay(id: string): Promise<boolean> {
    const message = await this.message(id);
    if (message === null) return false;
    const { consumer, subject } = letterOf(message);
    const again = `${REPLAY_SUBJECT}.${consumer}.${subject.replace(/^sedge\./, '')}`;
    // Not the event's own id, which the broker may remember: it would take it for a duplicate.
    const msgID = `replay ${message.seq} ${message.timestamp}`;
    await orLostBroker(this.client.publish(again, message.data, { msgID }));
    return this.discard(id);
  }

  async discard(id: string): Promise<boolean> {
    const message = await this.message(id);
    if (message === null) return false;
    return orLostBroker(this.manager.streams.deleteMessage(DEAD_LETTERS, message.seq));
  }

  private async message(id: string): Promise<StoredMsg | null> {
    return /^[1-9]\d{0,15}$/.test(id) ? this.at({ seq: Number(id) }) : null;
  }

  private async at(query: { seq: number; next_by_subj?: string }): Promise<StoredMsg | null> {
    try {
      return await orLostBroker(this.manager.streams.getMessage(DEAD_LETTERS, query));
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE) return null;
      throw error;
    }
  }
}

function letterOf({ seq, subject, header, data, time }: StoredMsg): KeptLetter {
  const text = (name: keyof typeof FIELDS): string => textOf(header, FIELDS[name]);
  return {
    id: String(seq),
    // Not as a header says, which is the word of who wrote it: the broker lets each write letters of its own consumers only.
    consumer: subject.slice(DEAD_LETTER_SUBJECT.length + 1),
    subject: text('subject'),
    event: eventOf(data),
    reason: text('reason'),
    message: text('message'),
    deliveries: Number(text('deliveries')),
    keptAt: time,
  };
}

function textOf(header: MsgHdrs, name: string): string {
  try {
    return decodeURIComponent(header.get(name));
  } catch {
    return header.get(name);
  }
}

/** Bytes that are no JSON are shown as text. */
function eventOf(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
