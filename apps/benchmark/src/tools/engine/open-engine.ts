import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ModelMetadata, Preprocessing, ProgramMetadata } from '@sedge/artifact-contracts';
import { elementsOf, ENGINE_NAMES, EngineError, openEngine, type Engine } from '@sedge/engines';
import type { JobFile, JobInput } from '@sedge/tool-contracts';
import { openProgram } from './program.js';
import { refusal } from './refusal.js';

/** What may be asked for: an engine on the model, or the built program. */
export const ENGINES = ['auto', ...ENGINE_NAMES, 'program'] as const;
export type EngineChoice = (typeof ENGINES)[number];

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
  asked: EngineChoice,
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
  const engine =
    name === 'program' ? await openProgram(source, job.scratch, [1, ...shape], signal) : await openModel(name, source);
  return {
    engine,
    classes: use.classes,
    preprocessing: use.preprocessing,
    isSoftmax: metadata?.output.kind === 'softmax',
    model: metadata,
  };
}

/** @throws ToolError BENCHMARK_MODEL_UNREADABLE, BENCHMARK_ENGINE_MISSING, BENCHMARK_INPUTS_DIFFER */
async function openModel(name: string, { path, metadata }: JobInput): Promise<Engine> {
  const engine = await openEngine(name, await readFile(join(path, 'model.onnx')), { file: 'model.onnx' }).catch(refuse);
  const { classes } = metadata as unknown as ModelMetadata;
  const outputs = elementsOf(engine.outputs[0]!);
  if (outputs === classes.length) return engine;
  await engine.close();
  throw refusal(
    'BENCHMARK_INPUTS_DIFFER',
    `the network gives ${outputs} scores for ${classes.length} classes; give the model that was trained on them`,
  );
}

/** What an engine refuses, in the words of this stage. */
export function refuse(error: unknown): never {
  if (!(error instanceof EngineError)) throw error;
  const codes = { ENGINE_MISSING: 'BENCHMARK_ENGINE_MISSING', ENGINE_MODEL: 'BENCHMARK_MODEL_UNREADABLE' } as const;
  const code = error.code === 'ENGINE_MISSING' || error.code === 'ENGINE_MODEL' ? codes[error.code] : null;
  throw refusal(code ?? 'BENCHMARK_ENGINE_FAILED', error.message);
}

/** Scores of clips. @param data normalized features, [clip, ...shape] @returns one list per clip, before or after softmax as the model has it */
export async function scoresOf(engine: Engine, data: Float32Array, clips: number): Promise<Float32Array[]> {
  const [scores] = await engine.run([data], clips).catch(refuse);
  const classes = scores!.length / clips;
  return Array.from({ length: clips }, (_, clip) => scores!.subarray(clip * classes, (clip + 1) * classes));
}
