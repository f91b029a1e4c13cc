import type { Digest } from '@sedge/artifact-contracts';
import type { CompiledWorkflow } from '../domain/compiled-workflow.js';
import { ItemGraph } from '../domain/item-graph.js';
import type { ItemFailure, ItemJob, RunItem } from '../domain/run-item.js';
import { RunProgress } from '../domain/run-progress.js';
import type { RunCommand, RunRow } from './run-row.js';

/** A run that this process has in memory. What is written down is in its row and its items; nothing else is lost with it. */
export class ActiveRun {
  readonly progress: RunProgress;
  /** jobs whose earlier result failed verification and must not be used */
  readonly again = new Set<Digest>();
  /** jobs that the run no longer waits for; their stages are told with the next write */
  readonly leaving: ItemJob[] = [];
  /** commands that are carried out: they are noted with the next write */
  readonly commands: RunCommand[] = [];
  /** artifacts of earlier times that items have taken up since the last write, which must be there still when it is done */
  readonly taken = new Set<Digest>();
  /** when this process asked for each job that is under way */
  readonly requestedAt = new Map<Digest, Date>();
  /** true after a start: requests under way are made once more, since the process that made them died */
  renewRequests = false;
  /** why the run as a whole failed */
  failure: ItemFailure | null;

  constructor(
    readonly row: RunRow,
    workflow: CompiledWorkflow,
    items: RunItem[],
  ) {
    this.failure = row.failure;
    this.progress = new RunProgress(new ItemGraph(workflow), items);
  }

  get id(): string {
    return this.row.id;
  }

  /** @returns null where the item did not give an output that is optional */
  output(source: { item: number; output: string }): Digest | null {
    return this.progress.items[source.item]!.outputs?.[source.output] ?? null;
  }
}

/** The part of a workflow that brings its inputs in: what a plan runs. Inputs come first, so their numbers stay. */
export function inputsOnly(workflow: CompiledWorkflow): CompiledWorkflow {
  const steps = workflow.steps.filter((step) => step.kind === 'input' || step.kind === 'stored');
  return { ...workflow, steps, itemCount: steps.length };
}
