export interface ServiceProcessOptions {
  /** of this copy, e.g. `training-2` */
  name: string;
  service: string;
  /** path of the service's main file */
  entry: string;
  /** all that the process is told, beside how to find programs */
  environment: Record<string, string>;
  logDirectory: string;
  /** how long it may take to end; default: 31 s */
  endMs?: number;
  /** is told that it had to be killed */
  say?: (line: string) => void;
}

export declare class ServiceProcess {
  constructor(options: ServiceProcessOptions);
  readonly name: string;
  readonly service: string;
  readonly url: string;
  readonly pid: number | undefined;
  readonly isRunning: boolean;
  environment: Record<string, string>;
  /** its main file, from its next start on */
  entry: string;
  /** Resolves when the service says that it is ready. @throws Error with what it said before it ended */
  start(): Promise<void>;
  /** is told when it ends, whoever ended it */
  onExit?: ((code: number | null, signal: NodeJS.Signals | null) => void) | undefined;
  /** Ends it as an operator would, and kills it where it does not end in time. @returns its exit code */
  stop(): Promise<number | null>;
  kill(): Promise<number | null>;
  /** Sends it a signal that does not end it, e.g. SIGSTOP. */
  signal(name: NodeJS.Signals): void;
}
