import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  canonicalJson,
  type ApplicationMetadata,
  type DeploymentPlanMetadata,
  type ModelMetadata,
} from '@sedge/artifact-contracts';
import { nativeTarget, type Footprint } from '@sedge/lne';
import { METADATA_FILE, type BuiltinTool, type JobFile, type JobInput } from '@sedge/tool-contracts';
import { footprintPage } from '../domain/footprint-page.js';
import { GOLDEN_VECTORS, MAX_ERROR, PLUGINS } from '../domain/tool-parameters.js';
import { TARGETS } from '../domain/target.js';
import { goldenInputs } from './deploy/golden-vectors.js';
import { useOf, type GivenUse, type ModelUse } from './deploy/model-use.js';
import { PlannedNetwork, type NetworkReport } from './deploy/network.js';
import { sampleRecordings } from './deploy/sample-recordings.js';
import { writeApplication } from './deploy/write-application.js';

interface Parameters extends GivenUse {
  target: string;
  plugins: string[] | null;
  maxError: number;
  goldenVectors: number;
}

/** Generates a dependency-free C++ program of a model. */
export const tool: BuiltinTool = {
  definition: {
    name: 'deploy-lne',
    version: '1',
    stage: 'deployment-optimizer',
    summary: 'Generates a dependency-free C++ program of a model, with the plan by which it runs and its footprint.',
    inputs: {
      model: { kind: 'model|source', description: 'a model, or an ONNX file' },
      calibration: {
        kind: 'features',
        optional: true,
        description: 'real features, from which the vectors of the self-test are taken',
      },
      recordings: {
        kind: 'dataset.audio',
        optional: true,
        description: 'a data set, of whose test split one recording per class goes with the program, to try it on',
      },
      plan: {
        kind: 'deployment-plan',
        optional: true,
        description: 'layers that are forced to a primitive or kept from one',
      },
    },
    outputs: {
      application: {
        kind: 'application',
        description:
          'C++ sources that build with CMake and a C++17 compiler alone, libraries excepted whose plugins the plan uses',
      },
      plan: { kind: 'deployment-plan', description: 'the primitive of each layer; may be edited and given again' },
      footprint: {
        kind: 'report.footprint',
        metrics: ['arenaBytes', 'arenaLowerBoundBytes', 'arenaShare', 'weightsBytes', 'multiplyAdds', 'layers'],
      },
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
        plugins: PLUGINS,
        classes: {
          type: ['array', 'null'],
          items: { type: 'string', minLength: 1 },
          minItems: 1,
          uniqueItems: true,
          default: null,
          description: 'names of the outputs in their order; null takes those that the model carries',
        },
        preprocessing: {
          type: ['object', 'null'],
          required: ['tool', 'version', 'parameters'],
          default: null,
          description:
            'how the input is made: tool, version, parameters, normalization; null takes what the model carries',
        },
        outputKind: {
          enum: ['logits', 'softmax', null],
          default: null,
          description: 'whether the outputs are scores before or after softmax; null takes what the model carries',
        },
        goldenVectors: GOLDEN_VECTORS,
      },
    },
    resources: { cpu: 1, memoryMb: 512 },
    // The golden outputs are computed here, and `native` is this machine.
    reproducibility: { level: 'machine', names: ['cpu-features'] },
    runtime: { kind: 'builtin', entry: 'deploy-lne' },
  },
  async run({ job, signal, progress, log }) {
    const { target: asked, plugins, maxError, goldenVectors, ...given } = job.parameters as unknown as Parameters;
    const target = asked === 'native' ? nativeTarget() : asked;
    const model = job.inputs['model'] as JobInput;
    const network = await PlannedNetwork.open(await readModel(model), await readPlan(job), {
      plugins,
      target,
      maxError,
    });
    progress(1, 3, 'steps');
    signal.throwIfAborted();
    const carried = model.kind === 'model' ? model.metadata : network.carriedMetadata();
    const use = useOf((carried ?? {}) as Partial<ModelMetadata>, given, network.lastOperator());
    const calibration = job.inputs['calibration'] as JobInput | undefined;
    const golden = await goldenInputs(network.inputShape(), use, calibration, goldenVectors);
    const files = await network.generate(use, golden);
    const report = await network.report();
    const recordings = job.inputs['recordings'] as JobInput | undefined;
    const samples = recordings ? await sampleRecordings(recordings) : [];
    progress(2, 3, 'steps');
    signal.throwIfAborted();
    await writeApplication(
      job.outputs['application']!.path,
      new Map([...files, ...samples]),
      applicationMetadata(target, use, network.footprint(), report.links),
    );
    await writePlan(job.outputs['plan']!.path, target, network);
    await writeFootprint(job.outputs['footprint']!.path, target, network, report);
    progress(3, 3, 'steps');
    log('info', sentenceAbout(target, files.size, network.footprint(), report.links));
  },
};

function readModel({ path, kind }: JobInput): Promise<Buffer> {
  return readFile(join(path, kind === 'model' ? 'model.onnx' : 'source'));
}

async function readPlan(job: JobFile): Promise<string> {
  const plan = job.inputs['plan'] as JobInput | undefined;
  return plan ? readFile(join(plan.path, 'plan.json'), 'utf8') : '';
}

function applicationMetadata(
  target: string,
  use: ModelUse,
  footprint: Footprint,
  links: string[],
): ApplicationMetadata {
  const { arenaBytes, arenaLowerBoundBytes, weightsBytes } = footprint;
  const { classes, preprocessing } = use;
  return {
    ...{ classes, target, arenaBytes, arenaLowerBoundBytes, weightsBytes, preprocessing },
    ...(links.length > 0 && { links }),
  };
}

async function writePlan(folder: string, target: string, network: PlannedNetwork): Promise<void> {
  const { arenaBytes, arenaLowerBoundBytes, weightsBytes } = network.footprint();
  const layers = network.plan.layers.length;
  const metadata: DeploymentPlanMetadata = { target, layers, arenaBytes, arenaLowerBoundBytes, weightsBytes };
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(network.plan, null, 2)}\n`);
  await writeFile(join(folder, METADATA_FILE), canonicalJson(metadata));
}

async function writeFootprint(
  folder: string,
  target: string,
  network: PlannedNetwork,
  report: NetworkReport,
): Promise<void> {
  const footprint = network.footprint();
  const { arenaBytes, arenaLowerBoundBytes } = footprint;
  const metrics = {
    ...footprint,
    layers: network.plan.layers.length,
    // Distance to what no placement can go below; 1 is the best there is.
    arenaShare: arenaLowerBoundBytes === 0 ? 1 : arenaBytes / arenaLowerBoundBytes,
  };
  await writeFile(join(folder, 'report.json'), `${canonicalJson(report)}\n`);
  await writeFile(join(folder, 'report.html'), footprintPage(metrics, report.layers, target));
  await writeFile(join(folder, METADATA_FILE), canonicalJson({ title: 'Footprint of the network', metrics }));
}

function sentenceAbout(
  target: string,
  files: number,
  { arenaBytes, arenaLowerBoundBytes, weightsBytes }: Footprint,
  links: readonly string[],
): string {
  const linked = links.length > 0 ? `; the program links ${links.join(', ')}` : '';
  return `${files} files for ${target}: weights ${weightsBytes} bytes, arena ${arenaBytes} bytes (no plan needs less than ${arenaLowerBoundBytes})${linked}`;
}
