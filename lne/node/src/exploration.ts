import { native } from './native.js';

/** How an exploration is done. */
export interface ExploreOptions {
  /** text of a plan that forces or forbids primitives; null for none */
  plan: string | null;
  /** plugins that may be used: names for only those besides core, `+name` and `-name` to change the default; null for all that need no library */
  plugins: readonly string[] | null;
  /** 0 looks for the fastest plan, 1 for the one with the least memory, between them for a mix */
  memoryWeight: number;
  /** packed weights may take at most this many times what the model's take; 0 sets no limit */
  weightBudget: number;
  /** bound on what Winograd layers may differ by from the reference kernels, as a share of the largest element; 0 leaves it to the depth of the network */
  maxError: number;
  seed: number;
  /** episodes of learning, and how many of them choose at random */
  episodes: number;
  exploring: number;
  learningRate: number;
  discount: number;
  /** rounds in which the best plans are timed as whole programs; 0 leaves that out */
  rounds: number;
  /** seconds that measuring may take */
  budgetS: number;
  /** compilers at the same time; 0 for one per core */
  jobs: number;
}

/** A whole program of an exploration: which plans it is, and its times. */
export interface ExploredProgram {
  plans: string[];
  predictedUs: number;
  /** median over the rounds of the least processor time of a run; absent where nothing was timed whole */
  measuredUs?: number;
  leastUs?: number;
  roundsUs?: number[];
  isUsed: boolean;
}

/** What an exploration found. */
export interface Exploration {
  /** text of the plan file that did best */
  plan: string;
  report: {
    machine: string;
    compiler: string;
    learned: { cost: number; aboveOptimum: number; meanOfFirst: number; meanOfLast50: number };
    optimum: { cost: number; isExact: boolean };
    programs: ExploredProgram[];
    layers: unknown[];
    [more: string]: unknown;
  };
  /** a page that needs nothing else */
  page: string;
}

/**
 * Measures how the layers of a network can be computed on this machine and finds the best plan, on a thread of its own. What was measured is kept
 * in `$SEDGE_HOME/lne`, so that an exploration that was stopped or killed goes on where it was.
 * @throws LneError LNE_CANCELLED when the signal says so, LNE_COMPILER, LNE_BUILD, LNE_ONNX_…, LNE_PLAN_…
 */
export async function exploreNetwork(
  bytes: Uint8Array,
  file: string,
  options: ExploreOptions,
  signal: AbortSignal,
  onProgress: (stage: string, done: number, all: number) => void,
): Promise<Exploration> {
  signal.throwIfAborted();
  const stop = new Uint8Array(1);
  const onAbort = (): void => {
    stop[0] = 1;
  };
  signal.addEventListener('abort', onAbort);
  try {
    const { plan, report, page } = await native((addon) => addon.explore(bytes, file, options, stop, onProgress));
    return { plan, report: JSON.parse(report) as Exploration['report'], page };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
