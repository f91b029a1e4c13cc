import type { Digest } from '@sedge/artifact-contracts';
import { jobIdOf, type RegisteredTool } from '@sedge/tool-contracts';
import type { CompiledInput, CompiledToolStep } from './compiled-workflow.js';
import type { ItemGraph, ItemOutput } from './item-graph.js';
import { metricOf, missingMetric, type Metrics } from './judgement.js';
import type { ParameterChecker } from './parameter-checker.js';
import type { ItemFailure, ItemJob } from './run-item.js';
import { givenParameters } from './step-parameters.js';

/** Bytes of JSON of what a job is: an event of a broker carries a MiB, and has an envelope around it. */
const MOST_BYTES = 900_000;

/** What an item knows of others when its own turn comes. */
export interface KnownOutputs {
  /** null where the step did not give an output that is optional */
  artifact(source: ItemOutput): Digest | null;
  metrics(source: ItemOutput): Metrics;
}

/** The job that an item of a tool step needs, or why it can have none. */
export function jobOfItem(
  graph: ItemGraph,
  item: number,
  known: KnownOutputs,
  checker: ParameterChecker,
): { job: ItemJob } | { failure: ItemFailure } {
  const step = graph.stepOf(item) as CompiledToolStep;
  let lacking: string | null = null;
  const given = givenParameters(step, graph.ownPosition(step, item), (hole) => {
    const metrics = known.metrics(graph.sourceOf(item, hole.source));
    const value = metricOf(metrics, hole.metric);
    if (value === null) lacking = missingMetric(hole.metric, Object.keys(metrics ?? {}));
    return value ?? 0;
  });
  if (lacking !== null) return { failure: { code: 'WORKFLOW_METRIC_MISSING', message: lacking } };
  const inputs: Record<string, Digest | Digest[]> = {};
  for (const [name, source] of Object.entries(graph.inputsOf(item))) {
    const found = [source].flat().map((one) => known.artifact(one));
    const artifacts = found.filter((artifact) => artifact !== null);
    if (artifacts.length < found.length && step.tool.definition.inputs[name]?.optional !== true) {
      const message = `the input '${name}' is an output that its step did not give this time`;
      return { failure: { code: 'WORKFLOW_OUTPUT_ABSENT', message } };
    }
    if (artifacts.length > 0) inputs[name] = Array.isArray(source) ? artifacts : artifacts[0]!;
  }
  return completeJob(step.tool, given, inputs, checker);
}

/** The job that brings an input in. Without a checksum it is another one in each run, so that a changed file is seen. */
export function jobOfInput(
  step: CompiledInput,
  run: string,
  checker: ParameterChecker,
): { job: ItemJob } | { failure: ItemFailure } {
  const pinned = step.sha256 === null ? { nonce: run } : { sha256: step.sha256 };
  return completeJob(step.tool, { from: step.from, ...pinned }, {}, checker);
}

function completeJob(
  tool: RegisteredTool,
  given: Record<string, unknown>,
  inputs: ItemJob['inputs'],
  checker: ParameterChecker,
): { job: ItemJob } | { failure: ItemFailure } {
  const completed = checker.complete(tool, given);
  if ('problems' in completed) {
    const message = completed.problems.map((problem) => problem.message).join('; ');
    return { failure: { code: 'WORKFLOW_PARAMETER_REFUSED', message } };
  }
  const { name, version, stage } = tool.definition;
  const specification = { tool: tool.digest, parameters: completed.parameters, inputs, machine: tool.machine };
  const bytes = Buffer.byteLength(JSON.stringify(specification));
  if (bytes > MOST_BYTES)
    return { failure: { code: 'WORKFLOW_JOB_TOO_LARGE', message: tooLarge(specification, bytes) } };
  return { job: { ...specification, id: jobIdOf(specification), toolName: name, toolVersion: version, stage } };
}

function tooLarge({ parameters, inputs }: Pick<ItemJob, 'parameters' | 'inputs'>, bytes: number): string {
  const artifacts = Object.values(inputs).flat().length;
  const text = Buffer.byteLength(JSON.stringify(parameters));
  return `its job would be asked for with ${bytes} bytes (${artifacts} artifacts, parameters of ${text} bytes), and ${MOST_BYTES} are the most`;
}
