export interface Supervised {
  readonly isRunning: boolean;
  readonly pid: number | undefined;
  onExit?: ((code: number | null, signal: NodeJS.Signals | null) => void) | undefined;
  start(): Promise<void>;
}

export interface SupervisorOptions {
  say: (line: string) => void;
  firstPauseMs?: number;
  longestPauseMs?: number;
  steadyMs?: number;
}

export declare class Supervisor {
  constructor(options: SupervisorOptions);
  watch(name: string, process: Supervised): void;
  stop(): void;
}
