import type { ClockSample, EngineLatency, LatencyReport, RatioOfEngines } from '@sedge/artifact-contracts';
import { medianWithInterval } from './bootstrap.js';
import { median, quantile } from './quantile.js';

/** Times of one engine by round. */
export interface EngineRounds {
  engine: string;
  rounds: { timesMs: number[]; emptyMs?: number[] }[];
  memoryBytes: Record<string, number>;
}

export interface LatencyFacts {
  title: string;
  machine: { cpuModel: string; core: number | null; architecture: string };
  /** the first is what is judged, the others are its peers */
  engines: EngineRounds[];
  clock: ClockSample[];
  /** max |a - b| / max |b| over the outputs of the first two engines; null where there is one */
  outputDifference: number | null;
}

export const WITHOUT_CALL = ', call overhead taken off';

/** Puts a latency report together. A peer that is called through a language's binding stands there twice: with the call and without. */
export function latencyReport({ title, machine, engines, clock, outputDifference }: LatencyFacts): LatencyReport {
  const rows = engines.flatMap((engine) => (hasCall(engine) ? [engine, withoutCall(engine)] : [engine]));
  const [own, ...peers] = rows as [EngineRounds, ...EngineRounds[]];
  const latencies = rows.map(latencyOf);
  const ratios = peers.map((peer) => ratioOf(own, peer));
  return {
    title,
    machine,
    engines: latencies,
    ratios,
    clock,
    remarks: remarksOn(machine, clock, outputDifference),
    metrics: metricsOf(latencies, ratios, outputDifference),
  };
}

const hasCall = ({ rounds }: EngineRounds): boolean => rounds.every((round) => round.emptyMs !== undefined);

/** Each round's times less the time of a call that does nothing, measured in the same round. */
function withoutCall({ engine, rounds, memoryBytes }: EngineRounds): EngineRounds {
  const less = rounds.map(({ timesMs, emptyMs }) => {
    const call = median(emptyMs!);
    return { timesMs: timesMs.map((time) => Math.max(0, time - call)) };
  });
  return { engine: `${engine}${WITHOUT_CALL}`, rounds: less, memoryBytes };
}

function latencyOf({ engine, rounds, memoryBytes }: EngineRounds): EngineLatency {
  const roundMediansMs = rounds.map((round) => median(round.timesMs));
  const all = rounds.flatMap((round) => round.timesMs);
  return {
    engine,
    medianMs: medianWithInterval(roundMediansMs),
    minMs: all.reduce((least, time) => Math.min(least, time), Infinity),
    p90Ms: quantile(all, 0.9),
    runs: all.length,
    roundMediansMs,
    memoryBytes,
  };
}

function ratioOf(own: EngineRounds, peer: EngineRounds): RatioOfEngines {
  const ratios = own.rounds.map((round, i) => median(peer.rounds[i]!.timesMs) / median(round.timesMs));
  return { engine: own.engine, peer: peer.engine, ratio: medianWithInterval(ratios), rounds: ratios.length };
}

function metricsOf(
  [own, peer]: EngineLatency[],
  ratios: readonly RatioOfEngines[],
  outputDifference: number | null,
): Record<string, number> {
  const metrics: Record<string, number> = {
    medianMs: own!.medianMs.value,
    minMs: own!.minMs,
    p90Ms: own!.p90Ms,
    ...prefixed('', own!.memoryBytes),
  };
  if (!peer) return metrics;
  const [counted, notCounted = counted] = ratios.map(({ ratio }) => ratio);
  return {
    ...metrics,
    peerMedianMs: peer.medianMs.value,
    ...prefixed('peer', peer.memoryBytes),
    ...named('ratio', counted!),
    ...named('ratioWithoutCall', notCounted!),
    ...(outputDifference !== null && { outputDifference }),
  };
}

const named = (
  name: string,
  { value, low, high }: { value: number; low: number; high: number },
): Record<string, number> => ({
  [name]: value,
  [`${name}Low`]: low,
  [`${name}High`]: high,
});

/** `arena` -> `arenaBytes`, `peerArenaBytes`. */
function prefixed(prefix: string, memory: Record<string, number>): Record<string, number> {
  const capital = (name: string): string => (prefix === '' ? name : prefix + name[0]!.toUpperCase() + name.slice(1));
  return Object.fromEntries(Object.entries(memory).map(([name, value]) => [`${capital(name)}Bytes`, value]));
}

const STEADY_CLOCK_SHARE = 0.05;
const LITTLE_STOLEN_SHARE = 0.02;

/** What a reader must know before believing the figures. */
function remarksOn(
  { core }: LatencyFacts['machine'],
  clock: readonly ClockSample[],
  outputDifference: number | null,
): string[] {
  const remarks: string[] = [];
  if (core === null) {
    remarks.push('The engines were not held on one core: taskset is not there, or not allowed. Times scatter more so.');
  }
  const clocks = known(clock.map((sample) => sample.clockMhz));
  if (clocks.length === 0) remarks.push('The system does not tell the clock of its cores.');
  else if (Math.max(...clocks) - Math.min(...clocks) > STEADY_CLOCK_SHARE * Math.max(...clocks)) {
    remarks.push(`The clock was between ${Math.min(...clocks).toFixed(0)} and ${Math.max(...clocks).toFixed(0)} MHz.`);
  }
  const throttles = known(clock.map((sample) => sample.throttleCount));
  if (throttles.length === 0) remarks.push('The system does not tell of throttling.');
  else if (Math.max(...throttles) > 0)
    remarks.push(`The core was throttled ${Math.max(...throttles)} times for its heat.`);
  const stolen = Math.max(0, ...known(clock.map((sample) => sample.stolenShare)));
  if (stolen > LITTLE_STOLEN_SHARE) {
    remarks.push(
      `Other machines on the same hardware took up to ${(100 * stolen).toFixed(0)} % of the core for a second.`,
    );
  }
  if (outputDifference !== null) {
    remarks.push(
      `For the input that was timed, the engines' outputs differ by ${outputDifference.toExponential(1)} of the largest value.`,
    );
  }
  return remarks;
}

const known = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((value): value is number => typeof value === 'number');
