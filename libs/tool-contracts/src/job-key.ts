import { digestOfJson, type Digest } from '@sedge/artifact-contracts';

/** What a job computes. Two requests that agree in all of it are one job. */
export interface JobSpecification {
  tool: Digest;
  /** complete: after defaults */
  parameters: Record<string, unknown>;
  /** artifact id by input name; a list where the input takes all items of a sweep */
  inputs: Record<string, Digest | Digest[]>;
  /** what the tool names of the machine; empty for tools that are bitwise reproducible */
  machine: Record<string, string>;
}

/** The id of a job: the digest of what it computes. */
export function jobIdOf(specification: JobSpecification): Digest {
  const { tool, parameters, inputs, machine } = specification;
  return digestOfJson({ tool, parameters, inputs, machine });
}
