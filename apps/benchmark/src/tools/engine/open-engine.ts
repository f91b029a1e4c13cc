import { join } from 'node:path';
import type { ModelMetadata, Preprocessing, ProgramMetadata } from '@sedge/artifact-contracts';
import type { JobFile, JobInput } from '@sedge/tool-contracts';
import type { Engine } from './engine.js';
import { openLneInterpreter } from './lne-interpreter.js';
import { openOnnxRuntime } from './onnx-runtime.js';
import { openProgram } from './program.js';
import { refusal } from './refusal.js';

export const ENGINES = ['auto', 'onnxruntime', 'lne', 'program'] as const;
export type EngineName = (typeof ENGINES)[number];

/** What is measured: an engine with a network in it, and what is known of that. */
export interface Subject {
  engine: Engine;
  classes: string[];
  preprocessing: Preprocessing;
  /** whether scores come after softmax; a program's tells only its model */
  isSoftmax: boolean;
  /** null where a program is measured without its model */
  model: ModelMetadata | null;
}

/**
 * Opens the engine that was asked for on the inputs `model` and `program`; `auto` takes the program where there is one.
 * @param shape of one clip, without the batch
 * @throws ToolError BENCHMARK_NOTHING_TO_RUN, BENCHMARK_INPUTS_DIFFER and what the engine throws
 */
export async function openSubject(
  job: JobFile,
  asked: EngineName,
  shape: readonly number[],
  signal: AbortSignal,
): Promise<Subject> {
  const model = job.inputs['model'] as JobInput | undefined;
  const program = job.inputs['program'] as JobInput | undefined;
  const name = asked !== 'auto' ? asked : program ? 'program' : 'onnxruntime';
  const source = name === 'program' ? program : model;
  if (!source) {
    const needed = name === 'program' ? 'program' : 'model';
    throw refusal('BENCHMARK_NOTHING_TO_RUN', `the engine ${name} needs the input '${needed}'; give it`);
  }
  const metadata = model ? (model.metadata as unknown as ModelMetadata) : null;
  const use = source.metadata as unknown as ModelMetadata | ProgramMetadata;
  if (metadata && metadata.classes.join('\n') !== use.classes.join('\n')) {
    throw refusal('BENCHMARK_INPUTS_DIFFER', 'the program has other classes than the model; give the one made from it');
  }
  const engine = await openEngine(name, source, { job, shape, signal });
  return {
    engine,
    classes: use.classes,
    preprocessing: use.preprocessing,
    isSoftmax: metadata?.output.kind === 'softmax',
    model: metadata,
  };
}

function openEngine(
  name: EngineName,
  source: JobInput,
  { job, shape, signal }: { job: JobFile; shape: readonly number[]; signal: AbortSignal },
): Promise<Engine> {
  if (name === 'program') return openProgram(source, job.scratch, [1, ...shape], signal);
  const path = join(source.path, 'model.onnx');
  const metadata = source.metadata as unknown as ModelMetadata;
  return name === 'lne' ? openLneInterpreter(path, metadata) : openOnnxRuntime(path, metadata);
}
