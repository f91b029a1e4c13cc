import type { Digest } from '@sedge/artifact-contracts';

/** An input or output of a tool: the artifact kind it takes or gives. */
export interface ToolPort {
  /** e.g. `features`; an input may name several kinds that it can read, separated by `|` */
  kind: string;
  /** an input that may be left out */
  optional?: boolean;
  /** an input that takes all items of a sweep (`all:`) */
  many?: boolean;
  description?: string;
  /** of an output: the metrics that its metadata hold, so that workflows can be checked; a name that ends in `*` stands for all that begin so */
  metrics?: string[];
}

/** How the result of a tool depends on where it runs. `names` are keys of the machine description that enter the job's key. */
export type Reproducibility =
  | { level: 'bitwise' }
  | { level: 'machine'; names: ('cpu-features' | 'cpu-model' | 'gpu-model' | 'threads')[] }
  | { level: 'none' };

/** A lock file of a process tool's environment; the first whose condition holds and whose index answers is used. */
export interface EnvironmentLock {
  file: string;
  /** `no-gpu`: only where no GPU is present; absent: always */
  when?: 'no-gpu';
  /** the name of an additional package index that must answer, e.g. `pytorch-cpu` */
  index?: string;
}

/** How a tool runs. */
export type ToolRuntime =
  | { kind: 'builtin'; entry: string }
  | { kind: 'process'; command: string[]; environment?: { python: string; locks: EnvironmentLock[] } }
  | { kind: 'container'; image: string; command?: string[] }
  | { kind: 'http'; url: string }
  | { kind: 'external' };

/** A tool as its `tool.yaml` declares it. */
export interface ToolDefinition {
  name: string;
  version: string;
  stage: string;
  /** one sentence that says what the tool makes of what */
  summary: string;
  inputs: Record<string, ToolPort>;
  outputs: Record<string, ToolPort>;
  /** JSON Schema (object) with a default for each property that isn't required */
  parameters: JsonSchemaObject;
  /** `cpu` in cores; 0 for what waits for disks and networks, which then never waits for a core */
  resources: { cpu: number; memoryMb: number; gpu?: number; diskMb?: number };
  reproducibility: Reproducibility;
  runtime: ToolRuntime;
  /** how long a cancelled tool may take to end */
  graceMs?: number;
}

/** The part of JSON Schema 2020-12 that tool parameters use. */
export interface JsonSchemaObject {
  type: 'object';
  properties: Record<string, Record<string, unknown>>;
  required?: string[];
  additionalProperties?: boolean;
}

/** A tool as a stage has it: the definition, and the digest that names definition, code and environment. */
export interface RegisteredTool {
  definition: ToolDefinition;
  digest: Digest;
  /** values of the machine names that the definition asks for, e.g. { 'cpu-features': 'avx2,avx512f', threads: '2' } */
  machine: Record<string, string>;
}
