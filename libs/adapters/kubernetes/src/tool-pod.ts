import type { ProgramEnding } from '@sedge/tool-contracts';
import { CONTAINER } from './tool-job.js';

/** What is read of a pod. Names are those of the API, v1. */
export interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    reason?: string;
    message?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: { name: string; state?: ContainerState }[];
  };
}

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: object;
  terminated?: { exitCode: number; signal?: number; reason?: string };
}

/** How far the pod of a tool is. */
export type PodState =
  /** `reason` says what it waits for; `isHopeless` that it would wait for ever */
  | { phase: 'waiting'; reason: string; isHopeless: boolean }
  | { phase: 'running' }
  | { phase: 'ended'; ending: Omit<ProgramEnding, 'lastWords'>; outOfMemory: boolean }
  /** the cluster took the machine away before the tool had ended */
  | { phase: 'lost'; reason: string };

/** The kubelet does not get further by itself with these. */
const HOPELESS = new Set([
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
]);
/** Numbers of signals, as an exit code above 128 tells them. */
const SIGNALS: Record<number, string> = {
  ...{ 1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 4: 'SIGILL', 5: 'SIGTRAP', 6: 'SIGABRT', 7: 'SIGBUS', 8: 'SIGFPE' },
  ...{ 9: 'SIGKILL', 11: 'SIGSEGV', 13: 'SIGPIPE', 14: 'SIGALRM', 15: 'SIGTERM', 31: 'SIGSYS' },
};

export function podStateOf({ metadata, status = {} }: Pod): PodState {
  const { phase, conditions = [] } = status;
  const disrupted = conditions.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True');
  const state = (status.containerStatuses ?? []).find(({ name }) => name === CONTAINER)?.state ?? {};
  // A tool that was told to end because its node is drained did not fail.
  if (disrupted && (phase === 'Failed' || state.terminated)) return lost(disrupted.reason, disrupted.message);
  if (state.terminated) {
    const { exitCode, signal, reason } = state.terminated;
    if (metadata.deletionTimestamp !== undefined && exitCode !== 0) return lost('Deleted', 'its pod was removed');
    return { phase: 'ended', ending: endingOf(exitCode, signal), outOfMemory: reason === 'OOMKilled' };
  }
  if (phase === 'Failed') return lost(status.reason, status.message);
  if (state.running) return { phase: 'running' };
  const { reason, message } = state.waiting ?? {};
  if (reason !== undefined)
    return { phase: 'waiting', reason: words(reason, message), isHopeless: HOPELESS.has(reason) };
  const unscheduled = conditions.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  return { phase: 'waiting', reason: words(unscheduled?.reason ?? 'Pending', unscheduled?.message), isHopeless: false };
}

function endingOf(exitCode: number, signal = 0): Omit<ProgramEnding, 'lastWords'> {
  const name = SIGNALS[signal || exitCode - 128] ?? null;
  return name === null ? { code: exitCode, signal: null } : { code: null, signal: name };
}

const words = (reason: string, message: string | undefined): string => (message ? `${reason}: ${message}` : reason);

const lost = (reason = 'Failed', message?: string): PodState => ({ phase: 'lost', reason: words(reason, message) });
