import { digestOfBytes } from '@sedge/artifact-contracts';
import { describe, expect, it } from 'vitest';
import { createCloudEvent } from './cloud-event.js';
import { checkEvent } from './validate-event.js';

const digest = digestOfBytes('x');
const tool = { name: 'train-pytorch', version: '1', stage: 'training', digest };

function succeeded(data: object): unknown {
  const type = 'sedge.job.succeeded.v1';
  return createCloudEvent({ type, source: '/services/training', subject: digest, time: new Date(0), data });
}

describe('checkEvent', () => {
  const good = { job: digest, tool, attempt: 1, outputs: { model: digest }, durationMs: 5 };

  it('accepts a well-formed event and keeps unknown fields', () => {
    const check = checkEvent(succeeded({ ...good, later: true }));
    expect(check).toMatchObject({ ok: true, type: 'sedge.job.succeeded.v1', event: { data: { later: true } } });
  });

  it.each([
    ['a job that is no digest', { ...good, job: 'sha256:zz' }, 'job must be a sha256 digest'],
    [
      'an output that is no digest',
      { ...good, outputs: { model: '../etc' } },
      'outputs must be an object of sha256 digests',
    ],
    ['a negative duration', { ...good, durationMs: -1 }, 'durationMs'],
    ['a tool without a stage', { ...good, tool: { ...tool, stage: '' } }, 'data.tool'],
    ['a missing tool', { ...good, tool: undefined }, 'tool'],
  ])('names %s', (_what, data, text) => {
    expect(checkEvent(succeeded(data))).toMatchObject({
      ok: false,
      reason: 'invalid-data',
      message: expect.stringContaining(text),
    });
  });

  it('tells an unknown major version apart, so that it goes to the dead letters and is not dropped', () => {
    const event = { ...(succeeded(good) as object), type: 'sedge.job.succeeded.v2' };
    expect(checkEvent(event)).toMatchObject({ ok: false, reason: 'unknown-type' });
  });

  it.each([null, 'text', 1, [], {}, { specversion: '1.0' }])('refuses %j as malformed', (value) => {
    expect(checkEvent(value)).toMatchObject({ ok: false, reason: 'malformed' });
  });
});
