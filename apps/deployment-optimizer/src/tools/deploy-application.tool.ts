import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplicationMetadata, ModelMetadata } from '@sedge/artifact-contracts';
import { applicationFiles, compileApplication, nativeTarget, type Application } from '@sedge/lne';
import type { BuiltinTool, JobFile, JobInput } from '@sedge/tool-contracts';
import { GOLDEN_VECTORS, MAX_ERROR } from '../domain/tool-parameters.js';
import { TARGETS } from '../domain/target.js';
import { applicationInputs } from './deploy/application-inputs.js';
import { refuse } from './deploy/network.js';
import { sampleRecordings } from './deploy/sample-recordings.js';
import { writeApplication } from './deploy/write-application.js';
import { refusal } from './refusal.js';

interface Parameters {
  target: string;
  maxError: number;
  goldenVectors: number;
}

/** Inputs that hold models; an application names them as `<input>.onnx`. */
const MODELS = ['model', 'second', 'third'] as const;

/** Generates one dependency-free C++ program of a chain of modules. */
export const tool: BuiltinTool = {
  definition: {
    name: 'deploy-application',
    version: '1',
    stage: 'deployment-optimizer',
    summary:
      'Generates one dependency-free C++ program of an application file: a chain of modules with one or several networks.',
    inputs: {
      application: {
        kind: 'source',
        description: 'the application file (YAML); it names its models model.onnx, second.onnx and third.onnx',
      },
      model: { kind: 'model', description: 'stands for model.onnx' },
      second: { kind: 'model', optional: true, description: 'stands for second.onnx' },
      third: { kind: 'model', optional: true, description: 'stands for third.onnx' },
      recordings: {
        kind: 'dataset.audio',
        optional: true,
        description:
          'a data set: its test split gives the vectors of the self-test, and one recording per class to try the program on',
      },
    },
    outputs: {
      application: { kind: 'application', description: 'C++ sources that build with CMake and a C++17 compiler alone' },
    },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        target: {
          type: 'string',
          enum: [...TARGETS],
          default: 'native',
          description: 'the processor; native is that of the machine that generates',
        },
        maxError: MAX_ERROR,
        goldenVectors: GOLDEN_VECTORS,
      },
    },
    resources: { cpu: 1, memoryMb: 512 },
    // The golden outputs are computed here, and `native` is this machine.
    reproducibility: { level: 'machine', names: ['cpu-features'] },
    runtime: { kind: 'builtin', entry: 'deploy-application' },
  },
  async run({ job, signal, progress, log }) {
    const { target: asked, maxError, goldenVectors } = job.parameters as unknown as Parameters;
    const target = asked === 'native' ? nativeTarget() : asked;
    const application = await compile(job, { target, maxError });
    progress(1, 2, 'steps');
    signal.throwIfAborted();
    const recordings = job.inputs['recordings'] as JobInput | undefined;
    const golden = await applicationInputs(application, recordings, goldenVectors);
    const { name } = application.description;
    const files = await application.generate(name, golden).catch(refuse);
    const samples = recordings ? await sampleRecordings(recordings) : [];
    const metadata = metadataOf(application, job.inputs['model'] as JobInput);
    await writeApplication(job.outputs['application']!.path, new Map([...files, ...samples]), metadata);
    progress(2, 2, 'steps');
    const { arenaBytes, apartBytes, weightsBytes } = application.footprint;
    const apart = apartBytes === undefined ? '' : ` (apart ${apartBytes})`;
    log('info', `${name} for ${target}: weights ${weightsBytes} bytes, arena ${arenaBytes} bytes${apart}`);
  },
};

/** @throws ToolError DEPLOY_APPLICATION_REFUSED, DEPLOY_APPLICATION_FILE */
async function compile(job: JobFile, options: { target: string; maxError: number }): Promise<Application> {
  const source = job.inputs['application'] as JobInput;
  const file = String(source.metadata['name'] ?? 'application.yml');
  const text = await readFile(join(source.path, 'source'), 'utf8');
  const files = new Map<string, Uint8Array>();
  try {
    for (const path of applicationFiles(text, file)) files.set(path, await modelBytes(job, path));
    return await compileApplication(text, files, { file, ...options });
  } catch (error) {
    return refuse(error);
  }
}

async function modelBytes(job: JobFile, path: string): Promise<Uint8Array> {
  const input = MODELS.find((name) => path === `${name}.onnx`);
  const model = input && (job.inputs[input] as JobInput | undefined);
  if (model) return readFile(join(model.path, 'model.onnx'));
  const there = MODELS.filter((name) => job.inputs[name] !== undefined).map((name) => `${name}.onnx`);
  const message = `the application names '${path}'; there is ${there.join(' and ')}, from the inputs of this step`;
  throw refusal('DEPLOY_APPLICATION_FILE', message);
}

function metadataOf({ description, footprint }: Application, model: JobInput): ApplicationMetadata {
  const classes = description.outputs
    .map((value) => description.values[value]!.classes)
    .filter(({ length }) => length > 0);
  const { arenaBytes, arenaLowerBoundBytes, weightsBytes } = footprint;
  const { preprocessing, classes: own } = model.metadata as unknown as ModelMetadata;
  return {
    classes: classes.at(-1) ?? own,
    target: description.target,
    arenaBytes,
    arenaLowerBoundBytes,
    weightsBytes,
    preprocessing,
  };
}
