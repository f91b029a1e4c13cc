import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type ConsumerInfo,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { PermissionViolationError, nanos } from '@nats-io/transport-node';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MIB = 1 << 20;

export const EVENTS = 'SEDGE_EVENTS';
const PROGRESS = 'SEDGE_PROGRESS';
export const DEAD_LETTERS = 'SEDGE_DEAD_LETTERS';
export const DEAD_LETTER_SUBJECT = 'sedge.dead-letter';
/** A dead letter that is sent again comes to its consumer on `sedge.replay.<consumer>.<its subject without sedge>`. */
export const REPLAY_SUBJECT = 'sedge.replay';

type Declared = Pick<StreamConfig, 'name' | 'subjects' | 'retention' | 'storage' | 'max_age'> & Partial<StreamConfig>;

/** Every stream there is: the one list from which the broker is set up. */
export const STREAMS: readonly Declared[] = [
  {
    name: EVENTS,
    description: 'What services say to each other. Kept for late comers; each consumer has a position of its own.',
    // One stream, so that what one service says is read in the order in which it was said.
    subjects: [
      ...['requested', 'cancel-requested', 'started', 'succeeded', 'failed', 'cancelled'].map(
        (verb) => `sedge.job.${verb}.>`,
      ),
      'sedge.artifact.>',
      'sedge.tool.>',
      `${REPLAY_SUBJECT}.>`,
    ],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    // Half as long as consumers remember which events they have handled.
    max_age: nanos(7 * DAY_MS),
    duplicate_window: nanos(10 * MINUTE_MS),
    max_msg_size: MIB,
  },
  {
    name: PROGRESS,
    description: 'How far jobs are. May drop.',
    subjects: ['sedge.job.progress.>'],
    retention: RetentionPolicy.Limits,
    // A stream in memory ends with the broker's process, and no service may make it again.
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: nanos(5 * MINUTE_MS),
    max_bytes: 64 * MIB,
  },
  {
    name: DEAD_LETTERS,
    description: 'Events that could not be handled, with the reason, until someone has looked at them.',
    subjects: [`${DEAD_LETTER_SUBJECT}.>`],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: 0,
    // A process that died before it said that it had kept a letter may come back late.
    duplicate_window: nanos(DAY_MS),
  },
];

const STREAM_NOT_FOUND = 10059;
const CONSUMER_DIFFERS = 10148;
/** The client's own update() looks at the consumer before, which a stage may not do with those of its workers outside. */
const UPDATE: object = { action: 'update' };

/** The broker is not prepared, and this user may not do it. */
export class BrokerUnpreparedError extends Error {
  readonly code = 'BROKER_UNPREPARED';
  readonly mend = 'let the operator of the broker prepare it: npx sedge broker prepare';

  constructor(stream: string) {
    super(`the broker has no stream ${stream}, and this user may not make it`);
  }
}

/**
 * Makes the broker's streams what the list says. Copies of a service that start at once may all do so. A user who may only look is content
 * with a stream of other settings, and tells of it: an earlier or later version made it.
 * @throws BrokerUnpreparedError where a stream is missing and the user may not make it
 */
export async function reconcileStreams(manager: JetStreamManager, onTrouble: (message: string) => void): Promise<void> {
  for (const stream of STREAMS) {
    const current = await configOf(manager, stream.name);
    if (current !== null && isAsDeclared(stream, current)) continue;
    try {
      if (current === null) await manager.streams.add(stream);
      else await change(manager, current, stream);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      if (current === null) throw new BrokerUnpreparedError(stream.name);
      onTrouble(`the stream ${stream.name} is not as this version wants it; npx sedge broker prepare mends it`);
    }
  }
}

/** The broker moves no stream from memory to disk: one that may drop is made anew. */
async function change(manager: JetStreamManager, current: StreamConfig, stream: Declared): Promise<void> {
  if (stream.name !== PROGRESS || current.storage === stream.storage) {
    await manager.streams.update(stream.name, stream);
    return;
  }
  await manager.streams.delete(stream.name);
  await manager.streams.add(stream);
}

async function configOf(manager: JetStreamManager, name: string): Promise<StreamConfig | null> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return null;
    throw error;
  }
}

function isAsDeclared(declared: Declared, current: StreamConfig): boolean {
  return Object.entries(declared).every(
    ([key, value]) => JSON.stringify(value) === JSON.stringify(current[key as keyof StreamConfig]),
  );
}

/** Makes a durable consumer of the events, or makes the one of an earlier version what this one wants. */
export async function putConsumer(manager: JetStreamManager, config: Partial<ConsumerConfig>): Promise<ConsumerInfo> {
  try {
    return await manager.consumers.add(EVENTS, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_DIFFERS) throw error;
    return manager.consumers.add(EVENTS, config, UPDATE);
  }
}

/** The client wraps what the broker says. */
export function isForbidden(error: unknown): boolean {
  if (error instanceof PermissionViolationError) return true;
  return error instanceof Error && error.cause !== undefined && isForbidden(error.cause);
}
