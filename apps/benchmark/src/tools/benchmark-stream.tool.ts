import { LneError, mfccShape, type MfccParameters, type MfccShape } from '@sedge/lne';
import type { ModelMetadata } from '@sedge/artifact-contracts';
import type { BuiltinTool, JobInput } from '@sedge/tool-contracts';
import { smoothScores, type Utterance } from '../domain/keyword-detector.js';
import { streamPage } from '../domain/page/stream-page.js';
import { planStream, type StreamPlan, type StreamRules, type StreamSource } from '../domain/stream-plan.js';
import { streamReport } from '../domain/stream-report.js';
import { openSubject } from './engine/open-engine.js';
import { refusal } from './engine/refusal.js';
import { writeReport } from './engine/report-output.js';
import { scoreWindows } from './stream/score-windows.js';
import { openStreamDataset, type StreamDataset } from './stream/stream-dataset.js';

interface Parameters {
  engine: 'lne' | 'onnxruntime';
  threshold: number;
  hopMs: number;
  smoothing: number;
  refractoryMs: number;
  toleranceMs: number;
  minGapMs: number;
  maxGapMs: number;
  noiseGain: number;
  maxClips: number;
  background: string[];
  seed: number;
}

const SPLIT = 'test';

/** Lets a network listen to a stream and counts what it misses and what it makes up. */
export const tool: BuiltinTool = {
  definition: {
    name: 'benchmark-stream',
    version: '1',
    stage: 'benchmark',
    summary: 'Lets a network listen to recordings strung together with noise: false accepts per hour against misses.',
    inputs: {
      model: { kind: 'model' },
      dataset: { kind: 'dataset.audio', description: 'recordings of its test split, and its background noise' },
    },
    outputs: {
      report: {
        kind: 'report.stream',
        metrics: [
          ...['threshold', 'falseAcceptsPerHour', 'falseAcceptsPerHourLow', 'falseAcceptsPerHourHigh'],
          ...['missRate', 'missRateLow', 'missRateHigh', 'missRateAtOnePerHour', 'hours', 'keywords'],
        ],
      },
    },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        engine: {
          type: 'string',
          enum: ['lne', 'onnxruntime'],
          default: 'lne',
          description: 'what runs the network; lne has the kernels of the generated program',
        },
        threshold: {
          type: 'number',
          minimum: 0,
          maximum: 1,
          default: 0.7,
          description: 'of the smoothed score, at which the figures are given; the curve has them all',
        },
        hopMs: { type: 'number', minimum: 10, maximum: 1000, default: 100, description: 'from one window to the next' },
        smoothing: {
          type: 'integer',
          minimum: 1,
          maximum: 50,
          default: 3,
          description: 'windows whose scores are averaged',
        },
        refractoryMs: {
          type: 'number',
          minimum: 0,
          maximum: 10000,
          default: 1000,
          description: 'silence of the detector after a word',
        },
        toleranceMs: {
          type: 'number',
          minimum: 0,
          maximum: 10000,
          default: 750,
          description: 'how long after its recording a word may be reported',
        },
        minGapMs: { type: 'number', minimum: 100, maximum: 60000, default: 750, description: 'shortest noise between' },
        maxGapMs: { type: 'number', minimum: 100, maximum: 60000, default: 2500, description: 'longest noise between' },
        noiseGain: {
          type: 'number',
          minimum: 0,
          maximum: 1,
          default: 0.1,
          description: 'the loudest that noise gets: a factor on its recording',
        },
        maxClips: { type: 'integer', minimum: 1, default: 2000, description: 'recordings that are strung together' },
        background: {
          type: 'array',
          items: { type: 'string' },
          default: ['unknown', 'silence', '_unknown_', '_silence_'],
          description: 'classes that are no keywords',
        },
        seed: { type: 'integer', minimum: 0, default: 1, description: 'of order, gaps and noise' },
      },
    },
    resources: { cpu: 1, memoryMb: 512 },
    reproducibility: { level: 'machine', names: ['cpu-features'] },
    runtime: { kind: 'builtin', entry: 'benchmark-stream' },
  },
  async run({ job, signal, progress, log }) {
    const parameters = job.parameters as unknown as Parameters;
    const model = (job.inputs['model'] as JobInput).metadata as unknown as ModelMetadata;
    const front = frontEndOf(model);
    const shape = [1, front.shape.bands, front.shape.frames];
    const dataset = await openStreamDataset(job.inputs['dataset'] as JobInput, SPLIT);
    const subject = await openSubject(job, parameters.engine, shape, signal);
    try {
      assertFitting(dataset, model, front.shape);
      const plan = planStream(sourceOf(dataset), rulesOf(parameters, dataset.sampleRateHz));
      const hopSamples = Math.round((parameters.hopMs * dataset.sampleRateHz) / 1000);
      const scores = await scoreWindows(plan, dataset, subject, {
        parameters: front.parameters,
        shape,
        windowSamples: front.shape.clipSamples,
        hopSamples,
        signal,
        onProgress: (done, total) => progress(done, total, 'windows'),
      });
      const toMs = (samples: number): number => (samples * 1000) / dataset.sampleRateHz;
      const keywords = keywordsOf(dataset.classes, parameters.background);
      const report = streamReport({
        title: model.name === undefined ? 'On a stream' : `${model.name} on a stream`,
        engine: subject.engine.name,
        description: descriptionOf(parameters, plan),
        windows: {
          firstEndMs: toMs(front.shape.clipSamples),
          hopMs: toMs(hopSamples),
          scores: smoothScores(scores, parameters.smoothing),
        },
        utterances: utterancesOf(plan, dataset, keywords, toMs),
        keywords,
        hours: toMs(plan.samples) / 3_600_000,
        threshold: parameters.threshold,
        refractoryMs: parameters.refractoryMs,
        toleranceMs: parameters.toleranceMs,
      });
      await writeReport(job.outputs['report']!, report, streamPage(report));
      const { missRate, falseAcceptsPerHour } = report.metrics;
      log(
        'info',
        `missed ${(100 * missRate!).toFixed(1)} %, ${falseAcceptsPerHour!.toFixed(1)} false accepts per hour`,
      );
    } finally {
      dataset.close();
      await subject.engine.close();
    }
  },
};

/** @throws ToolError BENCHMARK_PREPROCESSING_UNKNOWN */
function frontEndOf({ preprocessing }: ModelMetadata): { parameters: MfccParameters; shape: MfccShape } {
  const { tool: name, parameters } = preprocessing;
  if (name !== 'extract-mfcc') {
    const message = `the model takes features of '${name}', and a stream can be turned into those of extract-mfcc only`;
    throw refusal('BENCHMARK_PREPROCESSING_UNKNOWN', message);
  }
  try {
    const complete = parameters as unknown as MfccParameters;
    return { parameters: complete, shape: mfccShape(complete) };
  } catch (error) {
    if (!(error instanceof LneError)) throw error;
    throw refusal('BENCHMARK_PREPROCESSING_UNKNOWN', `the model's preprocessing: ${error.message}; ${error.mend}`);
  }
}

function assertFitting(dataset: StreamDataset, model: ModelMetadata, { clipSamples, bands, frames }: MfccShape): void {
  const [rateHz, expected] = [model.preprocessing.parameters['sampleRateHz'], [1, bands, frames]];
  const fault =
    dataset.classes.join('\n') !== model.classes.join('\n')
      ? `the data set has the classes ${dataset.classes.join(', ')}, and the model ${model.classes.join(', ')}`
      : dataset.sampleRateHz !== rateHz
        ? `the data set has ${dataset.sampleRateHz} Hz, and the model takes ${String(rateHz)} Hz`
        : dataset.clipSamples !== clipSamples
          ? `the recordings have ${dataset.clipSamples} samples, and the model takes ${clipSamples}`
          : model.input.shape.slice(1).join() !== expected.join()
            ? `its preprocessing gives [${expected}], and the model takes [${model.input.shape.slice(1)}]`
            : null;
  if (fault !== null) throw refusal('BENCHMARK_INPUTS_DIFFER', fault);
}

function sourceOf({ labels, clipSamples, noiseLengths }: StreamDataset): StreamSource {
  return { clips: labels.map((_, clip) => clip), clipSamples, noiseLengths };
}

function rulesOf({ maxClips, minGapMs, maxGapMs, noiseGain, seed }: Parameters, rateHz: number): StreamRules {
  const [shortest, longest] = [Math.min(minGapMs, maxGapMs), Math.max(minGapMs, maxGapMs)];
  const samples = (ms: number): number => Math.round((ms * rateHz) / 1000);
  return { maxClips, minGapSamples: samples(shortest), maxGapSamples: samples(longest), noiseGain, seed };
}

function keywordsOf(classes: readonly string[], background: readonly string[]): Set<number> {
  return new Set(classes.map((_, label) => label).filter((label) => !background.includes(classes[label]!)));
}

function utterancesOf(
  { segments }: StreamPlan,
  { labels }: StreamDataset,
  keywords: ReadonlySet<number>,
  toMs: (samples: number) => number,
): Utterance[] {
  return segments.flatMap((segment) => {
    if (segment.kind !== 'clip' || !keywords.has(labels[segment.clip]!)) return [];
    const { start, length, clip } = segment;
    return [{ label: labels[clip]!, startMs: toMs(start), endMs: toMs(start + length) }];
  });
}

function descriptionOf(parameters: Parameters, { segments }: StreamPlan): Record<string, unknown> {
  const { hopMs, smoothing, refractoryMs, toleranceMs, minGapMs, maxGapMs, noiseGain, seed } = parameters;
  const recordings = segments.filter(({ kind }) => kind === 'clip').length;
  return { split: SPLIT, recordings, hopMs, smoothing, refractoryMs, toleranceMs, minGapMs, maxGapMs, noiseGain, seed };
}
