import {
  DiscardPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MIB = 1 << 20;

export const EVENTS = 'SEDGE_EVENTS';
export const DEAD_LETTERS = 'SEDGE_DEAD_LETTERS';
export const DEAD_LETTER_SUBJECT = 'sedge.dead-letter';

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
    name: 'SEDGE_PROGRESS',
    description: 'How far jobs are. May drop.',
    subjects: ['sedge.job.progress.>'],
    retention: RetentionPolicy.Limits,
    storage: StorageType.Memory,
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
  },
];

const STREAM_NAME_IN_USE = 10058;

/** Makes the broker's streams what the list says. Copies of a service that start at once may all do so. */
export async function reconcileStreams(manager: JetStreamManager): Promise<void> {
  for (const stream of STREAMS) {
    try {
      await manager.streams.add(stream);
    } catch (error) {
      // There is one with other settings: an earlier version's.
      if (!(error instanceof JetStreamApiError) || error.code !== STREAM_NAME_IN_USE) throw error;
      await manager.streams.update(stream.name, stream);
    }
  }
}
