import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type DeploymentPlanMetadata } from '@sedge/artifact-contracts';
import { exploreNetwork, nativeTarget, type Exploration } from '@sedge/lne';
import { METADATA_FILE, type BuiltinTool, type JobFile, type JobInput } from '@sedge/tool-contracts';
import { explorationReport } from '../domain/exploration-report.js';
import { MAX_ERROR, PLUGINS } from '../domain/tool-parameters.js';
import { PlannedNetwork, refuse } from './deploy/network.js';

interface Parameters {
  objective: 'latency' | 'memory' | number;
  weightBudget: number;
  maxError: number;
  plugins: string[] | null;
  seed: number;
  episodes: number;
  exploring: number;
  learningRate: number;
  discount: number;
  rounds: number;
  budgetS: number;
}

/** Finds the fastest way to run a model on this machine by measuring. */
export const tool: BuiltinTool = {
  definition: {
    name: 'explore-lne',
    version: '1',
    stage: 'deployment-optimizer',
    summary:
      'Measures the ways to compute each layer of a model on this machine and finds the best plan, by Q-learning and exactly.',
    inputs: {
      model: { kind: 'model|source', description: 'a model, or an ONNX file' },
      plan: { kind: 'deployment-plan', optional: true, description: 'layers that are forced or kept from a primitive' },
    },
    outputs: {
      plan: { kind: 'deployment-plan', description: 'the primitive of each layer that did best; deploy-lne takes it' },
      latency: {
        kind: 'report.latency',
        metrics: [
          ...['medianMs', 'minMs', 'predictedMs', 'difference', 'singlePluginMs'],
          ...['learnedAboveOptimum', 'meanOfFirst', 'meanOfLast50'],
        ],
      },
    },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        objective: {
          anyOf: [{ enum: ['latency', 'memory'] }, { type: 'number', minimum: 0, maximum: 1 }],
          default: 'latency',
          description: 'what is best: latency, memory, or the weight of memory between them',
        },
        weightBudget: {
          type: 'number',
          minimum: 0,
          default: 0,
          description: "packed weights take at most this many times the model's; 0 sets no limit",
        },
        maxError: MAX_ERROR,
        plugins: PLUGINS,
        seed: { type: 'integer', minimum: 0, default: 1, description: 'of the random choices' },
        episodes: { type: 'integer', minimum: 1, maximum: 100000, default: 1000, description: 'of learning' },
        exploring: {
          type: 'integer',
          minimum: 0,
          maximum: 100000,
          default: 500,
          description: 'episodes that choose at random, before more and more follows what was learned',
        },
        learningRate: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
        discount: { type: 'number', minimum: 0, maximum: 1, default: 1 },
        rounds: {
          type: 'integer',
          minimum: 1,
          maximum: 100,
          default: 7,
          description: 'turns in which the best plans are timed as whole programs',
        },
        budgetS: {
          type: 'number',
          minimum: 0,
          maximum: 86400,
          default: 150,
          description: 'seconds that measuring may take',
        },
      },
    },
    // All cores, so that no other job of this process is measured along.
    resources: { cpu: 1024, memoryMb: 2048 },
    reproducibility: { level: 'machine', names: ['cpu-model'] },
    runtime: { kind: 'builtin', entry: 'explore-lne' },
  },
  async run({ job, signal, progress, log }) {
    const { objective, ...parameters } = job.parameters as unknown as Parameters;
    const model = job.inputs['model'] as JobInput;
    const bytes = await readFile(join(model.path, model.kind === 'model' ? 'model.onnx' : 'source'));
    const given = job.inputs['plan'] as JobInput | undefined;
    const options = {
      ...parameters,
      plan: given ? await readFile(join(given.path, 'plan.json'), 'utf8') : null,
      memoryWeight: objective === 'latency' ? 0 : objective === 'memory' ? 1 : objective,
      jobs: job.threads,
    };
    const onProgress = (stage: string, done: number, all: number): void => progress(done, all, stage);
    const exploration = await exploreNetwork(bytes, 'model.onnx', options, signal, onProgress).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        return refuse(error);
      },
    );
    await writePlan(job, bytes, exploration.plan);
    await writeLatency(job, exploration);
    log('info', sentenceAbout(exploration));
  },
};

async function writePlan(job: JobFile, bytes: Uint8Array, plan: string): Promise<void> {
  const network = await PlannedNetwork.open(bytes, plan, { plugins: null, target: nativeTarget(), maxError: 0 });
  const { arenaBytes, arenaLowerBoundBytes, weightsBytes } = network.footprint();
  const layers = network.plan.layers.length;
  const metadata: DeploymentPlanMetadata = {
    ...{ target: nativeTarget(), layers },
    ...{ arenaBytes, arenaLowerBoundBytes, weightsBytes },
  };
  const { path } = job.outputs['plan']!;
  await writeFile(join(path, 'plan.json'), plan);
  await writeFile(join(path, METADATA_FILE), canonicalJson(metadata));
}

async function writeLatency(job: JobFile, { report, page }: Exploration): Promise<void> {
  const title = 'Exploration of the model';
  const latency = explorationReport(title, report);
  const { path } = job.outputs['latency']!;
  await writeFile(join(path, 'report.json'), `${canonicalJson(latency)}\n`);
  await writeFile(join(path, 'report.html'), page);
  await writeFile(join(path, METADATA_FILE), canonicalJson({ title, metrics: latency.metrics }));
}

function sentenceAbout({ report }: Exploration): string {
  const used = report.programs.find(({ isUsed }) => isUsed)!;
  const time = ((used.measuredUs ?? used.predictedUs) / 1000).toFixed(4);
  const distance = (100 * report.learned.aboveOptimum).toFixed(2);
  return `${time} ms by the plan '${used.plans.join(', ')}'; the learned plan costs ${distance} % more than the optimum`;
}
