import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FeaturesMetadata } from '@sedge/artifact-contracts';
import { differenceOf, openFeatureSplit, type FeatureSplit } from '@sedge/features';
import type { BuiltinTool, JobInput } from '@sedge/tool-contracts';
import { accuracyReport } from '../domain/accuracy-report.js';
import { argmax, softmax } from '../domain/confusion.js';
import { accuracyPage } from '../domain/page/accuracy-page.js';
import { predictionsCsv } from '../domain/predictions-csv.js';
import { predictClips } from './accuracy/predict-clips.js';
import { ENGINES, openSubject, type EngineChoice, type Subject } from './engine/open-engine.js';
import { refusal } from './engine/refusal.js';
import { writeReport } from './engine/report-output.js';

interface Parameters {
  engine: EngineChoice;
  split: string;
}

/** Counts how often a network is right on clips that training never saw. */
export const tool: BuiltinTool = {
  definition: {
    name: 'benchmark-accuracy',
    version: '1',
    stage: 'benchmark',
    summary:
      'Counts how often a network is right on clips that training never saw, with intervals and the confusion matrix.',
    inputs: {
      features: { kind: 'features', description: 'clips with labels' },
      model: { kind: 'model', optional: true },
      program: {
        kind: 'program',
        optional: true,
        description: 'a built program, to be measured in place of the model',
      },
    },
    outputs: {
      report: {
        kind: 'report.accuracy',
        metrics: [
          ...['top1', 'top1Low', 'top1High', 'clips', 'meanRecall', 'minRecall'],
          ...['parameters', 'multiplyAdds', 'mfpops', 'sizeBytes'],
        ],
      },
    },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        engine: {
          type: 'string',
          enum: [...ENGINES],
          default: 'auto',
          description: 'what runs the network; auto takes the program where one is given, else ONNX Runtime',
        },
        split: { type: 'string', enum: ['test', 'validation', 'train'], default: 'test' },
      },
    },
    resources: { cpu: 1, memoryMb: 512 },
    reproducibility: { level: 'machine', names: ['cpu-features'] },
    runtime: { kind: 'builtin', entry: 'benchmark-accuracy' },
  },
  async run({ job, signal, progress, log }) {
    const parameters = job.parameters as unknown as Parameters;
    const features = job.inputs['features'] as JobInput;
    const split = await openFeatureSplit(features, parameters.split);
    const subject = await openSubject(job, parameters.engine, split.shape, signal);
    try {
      assertFitting(features.metadata as unknown as FeaturesMetadata, subject);
      const onProgress = (done: number, total: number): void => progress(done, total, 'clips');
      const scores = await predictClips(split, subject.engine, subject.preprocessing, { signal, onProgress });
      const report = await writeResults(job.outputs['report']!, { split, subject, scores, name: parameters.split });
      log('info', `top-1 ${report.top1.value.toFixed(4)} on ${report.top1.n} clips by ${report.engine}`);
    } finally {
      split.close();
      await subject.engine.close();
    }
  },
};

function assertFitting(features: FeaturesMetadata, { classes, preprocessing, model }: Subject): void {
  const shape = model?.input.shape.slice(1) ?? features.shape;
  const difference = differenceOf(features, { preprocessing, shape });
  if (difference !== null) throw refusal('BENCHMARK_INPUTS_DIFFER', difference);
  if (features.classes.join('\n') === classes.join('\n')) return;
  const message = `the features have the classes ${features.classes.join(', ')}, and the network ${classes.join(', ')}`;
  throw refusal('BENCHMARK_INPUTS_DIFFER', message);
}

interface Results {
  split: FeatureSplit;
  subject: Subject;
  scores: Float32Array[];
  /** of the split */
  name: string;
}

async function writeResults(
  output: { path: string; kind: string },
  { split, subject, scores, name }: Results,
): Promise<ReturnType<typeof accuracyReport>> {
  const { classes, model, engine } = subject;
  const predictions = scores.map(argmax);
  const title = model?.name === undefined ? 'Accuracy' : `Accuracy of ${model.name}`;
  const report = accuracyReport({
    title,
    engine: engine.name,
    split: name,
    classes,
    labels: split.labels,
    predictions,
    model,
  });
  const rows = predictions.map((predicted, clip) => ({
    id: split.ids[clip]!,
    label: classes[split.labels[clip]!]!,
    predicted: classes[predicted]!,
    score: (subject.isSoftmax ? scores[clip]! : softmax(scores[clip]!))[predicted]!,
  }));
  await writeFile(join(output.path, 'predictions.csv'), predictionsCsv(rows));
  await writeReport(output, report, accuracyPage(report));
  return report;
}
