import type { ItemView, RunSummary, RunView } from '@sedge/workflow';
import { table } from '../output/table.js';
import { dim } from '../output/terminal.js';
import { duration, shortId, when } from '../output/units.js';
import { decisionOf } from './item-decision.js';

/** Items beyond which a run is shown by its steps' counts. */
const MOST_ITEMS = 200;

/** Runs in a list. */
export function runsTable(runs: readonly RunSummary[]): string {
  const rows = runs.map(({ id, workflow, state, createdAt, durationMs, counts }) => [
    id,
    workflow,
    state,
    when(createdAt),
    durationMs === null ? '' : duration(durationMs),
    countsText(counts),
  ]);
  return table(['run', 'workflow', 'state', 'started', 'took', 'steps'], rows);
}

/** A run with its items. */
export function runText(run: RunView): string {
  const head = `run ${run.id}  ${run.workflow}  ${run.state}  started ${when(run.createdAt)}${
    run.durationMs === null ? '' : `, took ${duration(run.durationMs)}`
  }`;
  const shown = run.items.slice(0, MOST_ITEMS);
  const rows = shown.map((item) => [
    item.name,
    item.state,
    decisionOf(item) ?? '',
    item.progress ? `${Math.round((100 * item.progress.done) / item.progress.total)} %` : timeOf(item.durationMs),
    Object.entries(item.outputs ?? {})
      .map(([name, id]) => `${name} ${shortId(id)}`)
      .join(', ') ||
      item.failure?.message ||
      waitText(item) ||
      item.note ||
      '',
  ]);
  const more = run.items.length - shown.length;
  return [
    head,
    ...(run.failure ? [run.failure.message] : []),
    table(['step', 'state', 'how', 'took', 'outputs'], rows),
    ...(more > 0 ? [dim(`… and ${more} more; all of them: --json`)] : []),
  ].join('\n');
}

function waitText({ waitsFor }: ItemView): string {
  if (!waitsFor) return '';
  return waitsFor.mend === null ? waitsFor.message : `${waitsFor.message}; ${waitsFor.mend}`;
}

export function countsText(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
}

const timeOf = (ms: number | null): string => (ms === null ? '' : duration(ms));
