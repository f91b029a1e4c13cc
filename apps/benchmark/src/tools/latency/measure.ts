import { median } from '../../domain/quantile.js';
import type { Round, TimedEngine } from './timed-engine.js';

export interface Measurement {
  engine: string;
  rounds: Round[];
  memoryBytes: Record<string, number>;
}

export interface MeasureOptions {
  rounds: number;
  /** how long a round of one engine lasts, about */
  roundMs: number;
  signal: AbortSignal;
  onRound: (done: number) => void;
}

const TRIAL_RUNS = 10;
const MIN_RUNS = 5;
const MAX_RUNS = 5000;

/**
 * Measures engines in turn: in each round all of them run, every other round in reverse order, so that what the machine does meanwhile
 * meets all alike.
 */
export async function measureInTurn(
  engines: readonly TimedEngine[],
  { rounds, roundMs, signal, onRound }: MeasureOptions,
): Promise<Measurement[]> {
  const runs = new Map<TimedEngine, number>();
  for (const engine of engines) {
    const trial = median((await engine.round(TRIAL_RUNS, TRIAL_RUNS)).timesMs);
    runs.set(engine, Math.min(MAX_RUNS, Math.max(MIN_RUNS, Math.round(roundMs / Math.max(trial, 1e-6)))));
  }
  const results = new Map(engines.map((engine): [TimedEngine, Round[]] => [engine, []]));
  for (let round = 0; round < rounds; round++) {
    for (const engine of round % 2 === 0 ? engines : [...engines].reverse()) {
      signal.throwIfAborted();
      // Each round warms up anew: the other engine has had the caches since.
      const count = runs.get(engine)!;
      results.get(engine)!.push(await engine.round(count, Math.max(3, Math.ceil(count / 10))));
    }
    onRound(round + 1);
  }
  return engines.map((engine) => ({
    engine: engine.name,
    rounds: results.get(engine)!,
    memoryBytes: engine.memoryBytes(),
  }));
}
