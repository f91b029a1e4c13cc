export interface Supervised {
  readonly isRunning: boolean;
  readonly pid: number | undefined;
  onExit?: ((code: number | null, signal: NodeJS.Signals | null) => void) | undefined;
  start(): Promise<void>;
  /** why it runs and can't do its work any more until it is started again, or null */
  fault?(): Promise<string | null>;
  stop?(): Promise<unknown>;
}

export interface SupervisorOptions {
  say: (line: string) => void;
  firstPauseMs?: number;
  longestPauseMs?: number;
  steadyMs?: number;
  lookMs?: number;
}

export declare class Supervisor {
  constructor(options: SupervisorOptions);
  watch(name: string, process: Supervised): void;
  stop(): void;
}
