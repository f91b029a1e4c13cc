/** What one round of an engine gave. */
export interface Round {
  timesMs: number[];
  /** times of the same call without the work; absent where a call costs nothing to speak of */
  emptyMs?: number[];
}

/** An engine whose runs are timed in rounds, in a process of its own. */
export interface TimedEngine {
  readonly name: string;
  round(runs: number, warmup: number): Promise<Round>;
  /** bytes by name, known after the first round */
  memoryBytes(): Record<string, number>;
  /** what the network gave for the input */
  scores(): Promise<Float32Array>;
  close(): Promise<void>;
}

/** How the processes of engines are started: a prefix that holds them on a core, or nothing. */
export interface Pinning {
  /** e.g. `['taskset', '-c', '1']` */
  prefix: string[];
  /** number of the core; null where they run on any */
  core: number | null;
}
