import { describe, expect, it } from 'vitest';
import { faultsOfEffects, type SaidEvent } from './effects.mjs';

const answer = (id: string, more: Partial<SaidEvent> = {}): SaidEvent => ({
  ...{ id, type: 'sedge.job.succeeded.v1', subject: 'a', causationid: 'asked' },
  ...more,
});

describe('what events caused', () => {
  it('is well where the same event came several times', () => {
    expect(faultsOfEffects([answer('1'), answer('2', { causationid: 'asked later' }), answer('1')])).toEqual([]);
  });

  it('is well where one cause has unlike effects', () => {
    const others = [answer('2', { subject: 'b' }), answer('3', { type: 'sedge.job.failed.v1' })];
    expect(faultsOfEffects([answer('1'), ...others])).toEqual([]);
  });

  it('says nothing of events that no event caused', () => {
    const first = { id: '1', type: 'sedge.job.started.v1', subject: 'a' };
    expect(faultsOfEffects([first, { ...first, id: '2' }])).toEqual([]);
  });

  it('shows a cause that was answered twice', () => {
    expect(faultsOfEffects([answer('1'), answer('2'), answer('2')])).toEqual([
      'sedge.job.succeeded.v1 of a, caused by the event asked, was said 2 times: 1, 2',
    ]);
  });
});
