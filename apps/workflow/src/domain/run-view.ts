import type { WaitView } from './item-wait.js';
import { isFinal, itemName, type RunItem } from './run-item.js';
import type { RunState } from './run-progress.js';

/** A run as users see it. */
export interface RunSummary {
  id: string;
  workflow: string;
  file: string;
  state: RunState;
  failure: { code: string; message: string } | null;
  createdAt: string;
  finishedAt: string | null;
  /** from the start, or from the last retry, to the end; null while it is under way */
  durationMs: number | null;
  /** number of items by state */
  counts: Record<string, number>;
}

export interface RunPage {
  runs: RunSummary[];
  nextCursor: string | null;
}

export interface RunView extends RunSummary {
  /** the id of the last event: where a listener goes on */
  revision: string;
  items: ItemView[];
}

export interface ItemView {
  number: number;
  /** `model[seed=2]` */
  name: string;
  step: string;
  label: string;
  state: RunItem['state'];
  decision: RunItem['decision'];
  tool: string | null;
  stage: string | null;
  job: string | null;
  outputs: Record<string, string> | null;
  failure: RunItem['failure'];
  note: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  durationMs: number | null;
  progress: ProgressView | null;
  /** why its job does not go on, as far as that is known */
  waitsFor: WaitView | null;
}

/** What is known now of jobs under way, and is kept nowhere. */
export interface JobNews {
  progressOf(job: string): ProgressView | null;
  waitOf(job: string): WaitView | null;
}

export interface ProgressView {
  done: number;
  total: number;
  unit: string;
  metrics: Record<string, number>;
}

/** What of a run's row is shown. */
export interface RunRecord {
  id: string;
  workflow: string;
  request: { file: string };
  state: RunState;
  failure: RunSummary['failure'];
  revision: string;
  created_at: Date;
  retried_at: Date | null;
  finished_at: Date | null;
}

export function runSummary(row: RunRecord, counts: Record<string, number>): RunSummary {
  return {
    id: row.id,
    workflow: row.workflow,
    file: row.request.file,
    state: row.state,
    failure: row.failure,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    durationMs: row.finished_at && row.finished_at.getTime() - (row.retried_at ?? row.created_at).getTime(),
    counts,
  };
}

export function runPage(
  rows: readonly RunRecord[],
  counts: Map<string, Record<string, number>>,
  nextCursor: string | null,
): RunPage {
  return { runs: rows.map((row) => runSummary(row, counts.get(row.id) ?? {})), nextCursor };
}

export function runView(row: RunRecord, items: readonly RunItem[], news: JobNews): RunView {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item.state] = (counts[item.state] ?? 0) + 1;
  return { ...runSummary(row, counts), revision: row.revision, items: items.map((item) => itemView(item, news)) };
}

export function itemView(item: RunItem, news: JobNews): ItemView {
  const { number, step, label, state, decision, job, outputs, failure, note, startedAt, finishedAt } = item;
  const underWay = job && !isFinal(state) ? job.id : null;
  const progress = underWay && news.progressOf(underWay);
  return {
    number,
    name: itemName(step, label),
    step,
    label,
    state,
    decision,
    tool: job && `${job.toolName}@${job.toolVersion}`,
    stage: job?.stage ?? null,
    job: job?.id ?? null,
    outputs,
    failure,
    note,
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
    durationMs: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    progress: progress && {
      done: progress.done,
      total: progress.total,
      unit: progress.unit,
      metrics: progress.metrics,
    },
    waitsFor: underWay && news.waitOf(underWay),
  };
}
