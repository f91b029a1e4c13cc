import { digestOfJson, type Digest } from '@sedge/artifact-contracts';
import type { ItemGraph } from './item-graph.js';
import { median } from './judgement.js';
import type { ParameterChecker } from './parameter-checker.js';
import type { RunItem } from './run-item.js';
import { givenParameters } from './step-parameters.js';

/** What a job of a tool took when it ran here. */
export interface PastJob {
  durationMs: number;
  sizeBytes: number;
  /** null where no run is left that asked for it */
  parameters: Record<string, unknown> | null;
}

/** What is expected of an item; null where its tool never ran here. */
export interface Expected {
  expectedMs: number | null;
  expectedBytes: number | null;
  /** true where the tool ran here with other parameters only, which may take quite another time */
  isFromOthers: boolean;
}

export interface Estimates {
  /** by the tool's name */
  history: ReadonlyMap<string, readonly PastJob[]>;
  /** how many jobs run at once */
  atOnce: number;
}

const NOTHING: Expected = { expectedMs: null, expectedBytes: null, isFromOthers: false };

/** Expects of items what past jobs of their tools took: of those with the same parameters, else of all. */
export class Expectations {
  private readonly byTool = new Map<string, Map<Digest | null, Expected>>();

  constructor(
    private readonly graph: ItemGraph,
    private readonly checker: ParameterChecker,
    { history }: Estimates,
  ) {
    for (const [tool, past] of history) this.byTool.set(tool, expectationsOf(past));
  }

  of(number: number, item: RunItem): Expected {
    const step = this.graph.stepOf(number);
    const known = 'tool' in step ? this.byTool.get(step.tool.definition.name) : undefined;
    const all = known?.get(null);
    if (known === undefined || all === undefined) return NOTHING;
    // What brings inputs in has the address among its parameters, and none that say how long it takes.
    if (step.kind === 'input') return all;
    const parameters = item.job?.parameters ?? this.parametersOf(number);
    const same = parameters && known.get(digestOfJson(parameters));
    return same ?? { ...all, isFromOthers: true };
  }

  /** The parameters of an item whose job is not known yet; null where a report will give one of them. */
  private parametersOf(number: number): Record<string, unknown> | null {
    const step = this.graph.stepOf(number);
    if (step.kind !== 'tool') return null;
    let isKnown = true;
    const given = givenParameters(step, this.graph.ownPosition(step, number), () => {
      isKnown = false;
      return 0;
    });
    if (!isKnown) return null;
    const completed = this.checker.complete(step.tool, given);
    return 'parameters' in completed ? completed.parameters : null;
  }
}

/** By the digest of the parameters; under null those of all jobs together. */
function expectationsOf(past: readonly PastJob[]): Map<Digest | null, Expected> {
  const groups = new Map<Digest | null, PastJob[]>([[null, [...past]]]);
  for (const job of past) {
    if (job.parameters === null) continue;
    const digest = digestOfJson(job.parameters);
    groups.set(digest, [...(groups.get(digest) ?? []), job]);
  }
  return new Map([...groups].map(([digest, jobs]) => [digest, medianOf(jobs)]));
}

function medianOf(jobs: readonly PastJob[]): Expected {
  return {
    expectedMs: median(jobs.map(({ durationMs }) => durationMs)),
    expectedBytes: median(jobs.map(({ sizeBytes }) => sizeBytes)),
    isFromOthers: false,
  };
}
