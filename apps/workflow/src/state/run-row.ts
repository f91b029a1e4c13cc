import type { BaseDirectories } from '../domain/assignments.js';
import type { ItemFailure, ItemJob, RunItem } from '../domain/run-item.js';
import type { RunState } from '../domain/run-progress.js';

/** What a run was asked for with: enough to compile its workflow again. */
export interface StoredRequest {
  text: string;
  file: string;
  set: Record<string, unknown>;
  base: BaseDirectories;
  /** steps whose earlier results are not to be used; `*` for all */
  again: string[];
}

export interface RunRow {
  id: string;
  /** grows with each run: the order of lists */
  sequence: string;
  /** a plan is a run of which only the inputs are brought in */
  mode: 'run' | 'plan';
  workflow: string;
  request: StoredRequest;
  workflow_digest: string;
  state: RunState;
  failure: ItemFailure | null;
  /** counts the writes; what changed since one is what carries a larger number */
  revision: string;
  item_count: number;
  idempotency_key: string | null;
  request_digest: string;
  /** the run's own span in its trace; null for runs that are not traced */
  traceparent: string | null;
  /** the span of the request that began it */
  request_traceparent: string | null;
  created_at: Date;
  /** when it went on for the last time after it had ended */
  retried_at: Date | null;
  finished_at: Date | null;
}

/** What a user asked of a run that is there, by the key of the request. */
export interface RunCommand {
  key: string;
  run: string;
  name: 'retry' | 'cancel';
}

export interface ItemRow {
  number: number;
  step: string;
  label: string;
  state: RunItem['state'];
  decision: RunItem['decision'];
  job: string | null;
  specification: Omit<ItemJob, 'id'> | null;
  outputs: RunItem['outputs'];
  failure: ItemFailure | null;
  note: string | null;
  retries: RunItem['retries'];
  revision: string;
  started_at: Date | null;
  finished_at: Date | null;
}

export function itemOfRow(row: ItemRow): RunItem {
  const { number, step, label, state, decision, outputs, failure, note, retries } = row;
  const job = row.specification && ({ ...row.specification, id: row.job } as ItemJob);
  return {
    number,
    step,
    label,
    state,
    decision,
    job,
    outputs,
    failure,
    note,
    retries,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** An item as one JSON record of a batch. */
export function recordOfItem(item: RunItem): Record<string, unknown> {
  const { id, ...specification } = item.job ?? { id: null };
  return {
    number: item.number,
    state: item.state,
    decision: item.decision,
    job: id,
    specification: item.job ? specification : null,
    outputs: item.outputs,
    failure: item.failure,
    note: item.note,
    retries: item.retries,
    started_at: item.startedAt?.toISOString() ?? null,
    finished_at: item.finishedAt?.toISOString() ?? null,
  };
}
