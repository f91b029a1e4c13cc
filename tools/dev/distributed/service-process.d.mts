export interface ServiceProcessOptions {
  /** of this copy, e.g. `training-2` */
  name: string;
  service: string;
  /** path of the service's main file */
  entry: string;
  /** all that the process is told, beside how to find programs */
  environment: Record<string, string>;
  logDirectory: string;
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
  /** Ends it as an operator would. @returns its exit code */
  stop(): Promise<number | null>;
  kill(): Promise<number | null>;
  /** Sends it a signal that does not end it, e.g. SIGSTOP. */
  signal(name: NodeJS.Signals): void;
}
