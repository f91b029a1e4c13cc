import { digestOfBytes } from '@sedge/artifact-contracts';
import { describe, expect, it } from 'vitest';
import { createCloudEvent, type CloudEvent } from './cloud-event.js';
import type { EventMap, EventType } from './event-map.js';
import { forgeryIn } from './forgery.js';

const job = digestOfBytes('job');
const digest = digestOfBytes('tool');
const tool = { name: 'train-pytorch', version: '1', stage: 'training', digest };
const SUCCEEDED = 'sedge.job.succeeded.training.train-pytorch';

function check(
  subject: string,
  more: Partial<{ type: EventType; source: string; about: string; data: object }> = {},
): string | null {
  const { type = 'sedge.job.succeeded.v1', source = '/services/training', about = job } = more;
  const data = { job, tool, attempt: 1, outputs: {}, durationMs: 1, ...more.data };
  const event = createCloudEvent({ type, source, subject: about, data, time: new Date(0) });
  return forgeryIn(type, event as CloudEvent<EventMap[EventType]>, subject);
}

describe('forgeryIn', () => {
  it('takes an event that is what its subject says', () => {
    expect(check(SUCCEEDED)).toBeNull();
  });

  it.each([
    ['another stage than that of its subject', 'sedge.job.succeeded.benchmark.train-pytorch', {}],
    ['another tool than that of its subject', 'sedge.job.succeeded.training.other', {}],
    ['another type than that of its subject', 'sedge.job.failed.training.train-pytorch', {}],
    ['another job than that of its data', SUCCEEDED, { about: digestOfBytes('another') }],
    ['a source that may not say it', SUCCEEDED, { source: '/services/benchmark' }],
    [
      'a stage that asks another for a job',
      'sedge.job.requested.training.train-pytorch',
      { type: 'sedge.job.requested.v1' as const, source: '/services/benchmark' },
    ],
    [
      'an artifact that its data are not about',
      'sedge.artifact.stored.model',
      {
        type: 'sedge.artifact.stored.v1' as const,
        data: { job: undefined, kind: 'model', kindVersion: 1, artifact: digest },
      },
    ],
  ])('refuses %s', (_what, subject, more) => {
    expect(check(subject, more)).not.toBeNull();
  });
});
