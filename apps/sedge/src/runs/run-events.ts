import { setTimeout as pause } from 'node:timers/promises';
import type { ItemView, RunSummary, WaitView } from '@sedge/workflow';
import type { ApiClient, ServerEvent } from '../client/api-client.js';
import { ServerAwayError } from '../client/server-away.js';
import { CommandError } from '../errors.js';

export interface ProgressEvent {
  /** names of the items that wait for the job */
  items: string[];
  job: string;
  done: number;
  total: number;
  unit: string;
  metrics: Record<string, number>;
}

export interface WaitingEvent {
  /** names of the items that wait for the job */
  items: string[];
  job: string;
  /** null: it waits for nothing any more that is known */
  waitsFor: WaitView | null;
}

/** What happens to a run. */
export type RunEvent =
  | { event: 'item'; item: ItemView }
  | { event: 'run'; run: RunSummary }
  | { event: 'progress'; progress: ProgressEvent }
  | { event: 'waiting'; waiting: WaitingEvent }
  | { event: 'end'; end: { state: RunSummary['state']; failure: RunSummary['failure'] } };

/** Pauses before a stream that ended without a word is asked for again. */
const RECONNECT_MS = [200, 1000, 2000, 5000, 10_000];
/** One that was open for as long worked, even where nothing happened. */
const STEADY_MS = 10_000;

/**
 * Follows a run until its end; goes on where it was when the connection breaks off.
 * @param api with patience for a server that is away
 * @param revive brings a server back that has ended, or says that it can't
 * @throws ServerAwayError; what `signal` was aborted with
 */
export async function* followRun(
  api: ApiClient,
  run: string,
  signal: AbortSignal,
  revive: () => Promise<boolean>,
): AsyncGenerator<RunEvent> {
  let lastId: string | undefined;
  for (let failures = 0; ; failures++) {
    const openedMs = Date.now();
    try {
      for await (const event of api.events(`/v1/runs/${run}/events`, signal, lastId)) {
        failures = 0;
        lastId = event.id ?? lastId;
        const known = runEventOf(event);
        if (known) yield known;
        if (known?.event === 'end') return;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const isGone = error instanceof ServerAwayError && error.isRefused;
      if (error instanceof CommandError && !(isGone && (await revive()))) throw error;
    }
    if (Date.now() - openedMs > STEADY_MS) failures = 0;
    const wait = RECONNECT_MS[failures];
    if (wait === undefined) throw silent(run);
    await pause(wait, undefined, { signal });
  }
}

function runEventOf({ name, data }: ServerEvent): RunEvent | null {
  if (name === 'item') return { event: 'item', item: data as ItemView };
  if (name === 'run') return { event: 'run', run: data as RunSummary };
  if (name === 'progress') return { event: 'progress', progress: data as ProgressEvent };
  if (name === 'waiting') return { event: 'waiting', waiting: data as WaitingEvent };
  if (name === 'end') return { event: 'end', end: data as { state: RunSummary['state']; failure: null } };
  return null;
}

const silent = (run: string): ServerAwayError =>
  new ServerAwayError('CLI_SERVER_SILENT', `the server ends the events of run ${run} at once`, 'see its log', false);
