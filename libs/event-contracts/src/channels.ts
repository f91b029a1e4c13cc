import type { EventType } from './event-map.js';

/** A side of the conversation: `workflow`, which asks, or a stage, which does. */
export type Side = 'workflow' | 'stage';

export interface Channel {
  summary: string;
  /** words by which the subject goes on */
  tokens: readonly ('stage' | 'tool' | 'kind')[];
  /** who may say it; a stage only about itself */
  publishers: readonly Side[];
  /** whose durable consumers read it; a stage only what is about itself */
  consumers: readonly Side[];
  /** may be dropped, and is in no durable stream */
  isTransient?: true;
}

/** What each event says, on which subject, and who may say it: brokers' permissions and the AsyncAPI document are made of this. */
export const CHANNELS: Readonly<Record<EventType, Channel>> = {
  'sedge.job.requested.v1': {
    summary: 'A run needs a job. A stage says it once more of a job that waits for workers outside.',
    tokens: ['stage', 'tool'],
    publishers: ['workflow', 'stage'],
    consumers: ['stage'],
  },
  'sedge.job.queued.v1': {
    summary: 'A job waits in its stage for whoever takes it.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['stage'],
    isTransient: true,
  },
  'sedge.job.started.v1': {
    summary: 'An attempt of a job began.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
  },
  'sedge.job.progress.v1': {
    summary: 'How far a job is.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
    isTransient: true,
  },
  'sedge.job.succeeded.v1': {
    summary: 'A job has its result.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
  },
  'sedge.job.failed.v1': {
    summary: 'A job has failed for good.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
  },
  'sedge.job.cancelled.v1': {
    summary: 'A job was ended because nobody waits for it.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
  },
  'sedge.job.cancel-requested.v1': {
    summary: 'A run no longer waits for a job.',
    tokens: ['stage', 'tool'],
    publishers: ['workflow'],
    consumers: ['stage'],
  },
  'sedge.artifact.stored.v1': {
    summary: 'An artifact is in the store.',
    tokens: ['kind'],
    publishers: ['workflow', 'stage'],
    consumers: ['workflow'],
  },
  'sedge.tool.registered.v1': {
    summary: 'A stage has a tool.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
  },
  'sedge.tool.removed.v1': {
    summary: 'A stage has a tool no more.',
    tokens: ['stage', 'tool'],
    publishers: ['stage'],
    consumers: ['workflow'],
  },
};
