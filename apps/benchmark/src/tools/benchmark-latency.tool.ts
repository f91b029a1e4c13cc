import { cpus } from 'node:os';
import { join } from 'node:path';
import type { ModelMetadata } from '@sedge/artifact-contracts';
import type { BuiltinTool, JobFile, JobInput } from '@sedge/tool-contracts';
import { latencyReport } from '../domain/latency-report.js';
import { latencyPage } from '../domain/page/latency-page.js';
import { largestDifference } from '../domain/output-difference.js';
import { seededRandom } from '../domain/random.js';
import { refusal } from './engine/refusal.js';
import { writeReport } from './engine/report-output.js';
import { ClockSampler } from './latency/clock-sampler.js';
import { measureInTurn } from './latency/measure.js';
import { choosePinning } from './latency/pinning.js';
import { openProgramRounds, programInputShape } from './latency/program-rounds.js';
import { openRuntimeRounds } from './latency/runtime-rounds.js';
import type { Pinning, TimedEngine } from './latency/timed-engine.js';

interface Parameters {
  rounds: number;
  roundMs: number;
}

const INPUT_SEED = 7;
/** Far above rounding, far below another network. */
const TOLERATED_DIFFERENCE = 0.01;

/** Times a generated program beside ONNX Runtime on one core. */
export const tool: BuiltinTool = {
  definition: {
    name: 'benchmark-latency',
    version: '1',
    stage: 'benchmark',
    summary: 'Times a built program beside ONNX Runtime in turn on one core, with memory, clock and throttling.',
    inputs: {
      program: { kind: 'program', optional: true, description: 'what is judged' },
      model: { kind: 'model', optional: true, description: 'run by ONNX Runtime beside it, or alone' },
    },
    outputs: {
      report: {
        kind: 'report.latency',
        metrics: [
          ...['medianMs', 'minMs', 'p90Ms', 'peakRssBytes', 'arenaBytes', 'weightsBytes', 'programBytes'],
          ...['peerMedianMs', 'peerPeakRssBytes', 'ratio', 'ratioLow', 'ratioHigh'],
          ...['ratioWithoutCall', 'ratioWithoutCallLow', 'ratioWithoutCallHigh', 'outputDifference'],
        ],
      },
    },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        rounds: { type: 'integer', minimum: 3, maximum: 1000, default: 20, description: 'turns of all engines' },
        roundMs: {
          type: 'integer',
          minimum: 10,
          maximum: 60000,
          default: 200,
          description: 'how long an engine runs in a round',
        },
      },
    },
    // All cores, so that no other job of this process is measured along.
    resources: { cpu: 1024, memoryMb: 512 },
    reproducibility: { level: 'machine', names: ['cpu-model'] },
    runtime: { kind: 'builtin', entry: 'benchmark-latency' },
  },
  async run({ job, signal, progress, log }) {
    const { rounds, roundMs } = job.parameters as unknown as Parameters;
    const pinning = await choosePinning();
    const engines = await openEngines(job, pinning, signal);
    const sampler = await ClockSampler.start(pinning.core);
    try {
      const onRound = (done: number): void => progress(done, rounds, 'rounds');
      const measured = await measureInTurn(engines, { rounds, roundMs, signal, onRound });
      const report = latencyReport({
        title: titleOf(job),
        machine: {
          cpuModel: cpus()[0]?.model.trim() || 'unknown processor',
          core: pinning.core,
          architecture: process.arch,
        },
        engines: measured,
        clock: await sampler.stop(),
        outputDifference: await differenceOf(engines),
      });
      await writeReport(job.outputs['report']!, report, latencyPage(report));
      log('info', sentenceAbout(report.metrics));
    } finally {
      await sampler.stop();
      for (const engine of engines) await engine.close();
    }
  },
};

async function openEngines(job: JobFile, pinning: Pinning, signal: AbortSignal): Promise<TimedEngine[]> {
  const program = job.inputs['program'] as JobInput | undefined;
  const model = job.inputs['model'] as JobInput | undefined;
  const options = { scratch: job.scratch, pinning, signal };
  const engines: TimedEngine[] = [];
  try {
    const shape = model
      ? [1, ...(model.metadata as unknown as ModelMetadata).input.shape.slice(1)]
      : await programInputShape(wanted(program), options);
    const clip = { data: inputOf(shape), shape };
    if (program) engines.push(await openProgramRounds(program, clip, options));
    if (model) engines.push(await openRuntimeRounds(join(model.path, 'model.onnx'), clip, options));
    return engines;
  } catch (error) {
    for (const engine of engines) await engine.close();
    throw error;
  }
}

function wanted(program: JobInput | undefined): JobInput {
  if (program) return program;
  throw refusal('BENCHMARK_NOTHING_TO_RUN', "neither 'program' nor 'model' was given; give at least one");
}

/** Values as normalized features have them. Times of these kernels do not depend on the values, as long as none is denormal. */
function inputOf(shape: readonly number[]): Float32Array {
  const random = seededRandom(INPUT_SEED);
  const length = shape.reduce((product, extent) => product * extent, 1);
  return Float32Array.from({ length }, () => 4 * random() - 2);
}

function titleOf(job: JobFile): string {
  const name = ((job.inputs['model'] as JobInput | undefined)?.metadata as Partial<ModelMetadata> | undefined)?.name;
  return name === undefined ? 'Latency and memory' : `Latency and memory of ${name}`;
}

/** @throws ToolError BENCHMARK_INPUTS_DIFFER where the engines do not compute the same thing at all */
async function differenceOf([own, peer]: readonly TimedEngine[]): Promise<number | null> {
  if (!own || !peer) return null;
  const difference = largestDifference(await own.scores(), await peer.scores());
  if (difference <= TOLERATED_DIFFERENCE) return difference;
  const message = `${own.name} and ${peer.name} give different outputs (by ${difference} of the largest); give a program and the model it was made from`;
  throw refusal('BENCHMARK_INPUTS_DIFFER', message);
}

function sentenceAbout({ medianMs, peerMedianMs, ratio, ratioWithoutCall }: Record<string, number>): string {
  const own = `median ${medianMs!.toFixed(4)} ms`;
  if (peerMedianMs === undefined) return own;
  return `${own}; ONNX Runtime ${peerMedianMs.toFixed(4)} ms, ${ratio!.toFixed(2)} times as long (${ratioWithoutCall!.toFixed(2)} without its call)`;
}
