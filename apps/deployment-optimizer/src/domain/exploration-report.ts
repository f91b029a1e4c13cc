import type { EngineLatency, IntervalFigure, LatencyReport } from '@sedge/artifact-contracts';

/** A whole program that an exploration timed. */
export interface TimedPlan {
  plans: string[];
  predictedUs: number;
  roundsUs?: number[];
  isUsed: boolean;
}

/** What of an exploration goes into its latency report. */
export interface ExplorationFacts {
  machine: string;
  compiler: string;
  learned: { aboveOptimum: number; meanOfFirst: number; meanOfLast50: number };
  optimum: { isExact: boolean };
  programs: TimedPlan[];
}

/** The plans of an exploration as engines of a latency report; the plan that is used comes first. */
export function explorationReport(title: string, facts: ExplorationFacts): LatencyReport {
  const timed = facts.programs.filter(({ roundsUs }) => roundsUs !== undefined && roundsUs.length > 0);
  const ordered = [...timed].sort((a, b) => Number(b.isUsed) - Number(a.isUsed));
  const [used] = ordered;
  const own = used ?? facts.programs.find(({ isUsed }) => isUsed)!;
  const metrics: Record<string, number> = {
    predictedMs: own.predictedUs / 1000,
    learnedAboveOptimum: facts.learned.aboveOptimum,
    meanOfFirst: facts.learned.meanOfFirst,
    meanOfLast50: facts.learned.meanOfLast50,
  };
  if (used) {
    metrics['medianMs'] = median(used.roundsUs!) / 1000;
    metrics['minMs'] = Math.min(...used.roundsUs!) / 1000;
    metrics['difference'] = (median(used.roundsUs!) - used.predictedUs) / used.predictedUs;
  }
  const single = ordered.filter(({ plans }) => plans.some((name) => name.startsWith('only ')));
  if (used && single.length > 0) {
    metrics['singlePluginMs'] = Math.min(...single.map(({ roundsUs }) => median(roundsUs!))) / 1000;
  }
  return {
    title,
    machine: { cpuModel: facts.machine, compiler: facts.compiler },
    engines: ordered.map(latencyOf),
    ratios: ordered.slice(1).map((peer) => ({
      engine: nameOf(used!),
      peer: nameOf(peer),
      ratio: intervalOf(used!.roundsUs!.slice(0, peer.roundsUs!.length).map((us, i) => peer.roundsUs![i]! / us)),
      rounds: Math.min(used!.roundsUs!.length, peer.roundsUs!.length),
    })),
    clock: [],
    remarks: [
      'Times are processor time, the least of a round of runs; intervals reach from the least to the largest round, which covers the median with more than 95 % from six rounds on.',
      ...(facts.optimum.isExact ? [] : ['The optimum is not proved: there were too many states.']),
    ],
    metrics,
  };
}

const nameOf = ({ plans }: TimedPlan): string => plans.join(', ');

function latencyOf(program: TimedPlan): EngineLatency {
  const roundMediansMs = program.roundsUs!.map((us) => us / 1000);
  return {
    engine: nameOf(program),
    medianMs: intervalOf(roundMediansMs),
    minMs: Math.min(...roundMediansMs),
    p90Ms: Math.max(...roundMediansMs),
    runs: roundMediansMs.length,
    roundMediansMs,
    memoryBytes: {},
  };
}

function intervalOf(values: readonly number[]): IntervalFigure {
  return { value: median(values), low: Math.min(...values), high: Math.max(...values) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
