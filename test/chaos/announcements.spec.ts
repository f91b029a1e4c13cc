import { describe, expect, it } from 'vitest';
import { faultsOfAnnouncements, type CommittedJob, type ToldEvent } from './announcements.mjs';

const JOB: CommittedJob = { job: 'a', attempts: [1, 2], succeeded: [2], outputs: ['x'] };
const about = (type: string, attempt: number): ToldEvent => ({ type, subject: 'a', data: { attempt } });
const EVENTS: ToldEvent[] = [
  about('sedge.job.started.v1', 1),
  about('sedge.job.started.v1', 2),
  about('sedge.job.succeeded.v1', 2),
  { type: 'sedge.artifact.stored.v1', subject: 'x', data: {} },
];

describe('what stages have committed', () => {
  it('is well where events told all of it, in any order and several times', () => {
    expect(faultsOfAnnouncements([JOB], [...EVENTS, ...EVENTS].reverse())).toEqual([]);
  });

  it.each([
    [0, 'no event tells that the attempt 1 of job a was started'],
    [2, 'no event tells that the attempt 2 of job a succeeded'],
    [3, 'no event tells that job a stored x'],
  ])('is at fault where event %i is missing', (missing, fault) => {
    expect(faultsOfAnnouncements([JOB], EVENTS.toSpliced(missing, 1))).toEqual([fault]);
  });

  it('is at fault where the event is of another attempt', () => {
    const other = [...EVENTS.toSpliced(2, 1), about('sedge.job.succeeded.v1', 1)];
    expect(faultsOfAnnouncements([JOB], other)).toHaveLength(1);
  });
});
