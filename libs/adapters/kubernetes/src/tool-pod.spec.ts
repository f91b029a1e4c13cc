import { describe, expect, it } from 'vitest';
import { podStateOf, type Pod } from './tool-pod.js';

const metadata = { name: 'tool', uid: '1' };
const withState = (state: object, status: Partial<Pod['status'] & object> = {}): Pod => ({
  metadata,
  status: { phase: 'Running', containerStatuses: [{ name: 'tool', state }], ...status },
});

describe('the state of a pod', () => {
  it('is waiting before the cluster has done anything, and where there is no room', () => {
    expect(podStateOf({ metadata })).toEqual({ phase: 'waiting', reason: 'Pending', isHopeless: false });
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }];
    expect(podStateOf({ metadata, status: { phase: 'Pending', conditions } })).toMatchObject({
      reason: 'Unschedulable: 0/3 nodes',
      isHopeless: false,
    });
  });

  it.each([
    ['ImagePullBackOff', false],
    ['InvalidImageName', true],
    ['CreateContainerConfigError', true],
  ])('tells of %s whether waiting helps', (reason, isHopeless) => {
    expect(podStateOf(withState({ waiting: { reason } }))).toEqual({ phase: 'waiting', reason, isHopeless });
  });

  it.each([
    [{ exitCode: 0 }, { code: 0, signal: null }],
    [{ exitCode: 75 }, { code: 75, signal: null }],
    [{ exitCode: 139 }, { code: null, signal: 'SIGSEGV' }],
    [
      { exitCode: 0, signal: 9 },
      { code: null, signal: 'SIGKILL' },
    ],
    [{ exitCode: 255 }, { code: 255, signal: null }],
  ])('is ended by %j', (terminated, ending) => {
    expect(podStateOf(withState({ terminated }))).toEqual({ phase: 'ended', ending, outOfMemory: false });
  });

  it('says that memory ran out', () => {
    const state = podStateOf(withState({ terminated: { exitCode: 137, reason: 'OOMKilled' } }));
    expect(state).toMatchObject({ phase: 'ended', outOfMemory: true });
  });

  it('is lost where the cluster took the node away, whatever the tool said at its end', () => {
    const conditions = [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }];
    const drained = withState({ terminated: { exitCode: 143 } }, { conditions });
    expect(podStateOf(drained)).toEqual({ phase: 'lost', reason: 'EvictionByEvictionAPI' });
    const evicted = { metadata, status: { phase: 'Failed', reason: 'Evicted', message: 'low on memory' } };
    expect(podStateOf(evicted)).toEqual({ phase: 'lost', reason: 'Evicted: low on memory' });
  });

  it('is lost where somebody removed it, unless the tool had done its work', () => {
    const removed = (exitCode: number): Pod => ({
      ...withState({ terminated: { exitCode } }),
      metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    expect(podStateOf(removed(143)).phase).toBe('lost');
    expect(podStateOf(removed(0))).toMatchObject({ phase: 'ended', ending: { code: 0 } });
  });
});
