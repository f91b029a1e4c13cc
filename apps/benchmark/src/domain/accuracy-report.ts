import type { AccuracyReport, ModelMetadata } from '@sedge/artifact-contracts';
import { countConfusion } from './confusion.js';

export interface AccuracyFacts {
  title: string;
  engine: string;
  split: string;
  classes: string[];
  labels: number[];
  predictions: number[];
  /** null where a program was measured without its model */
  model: ModelMetadata | null;
}

/** Puts an accuracy report together. */
export function accuracyReport(facts: AccuracyFacts): AccuracyReport {
  const { title, engine, split, classes, labels, predictions, model } = facts;
  const { matrix, top1, perClass } = countConfusion(classes, labels, predictions);
  const recalls = perClass.filter((each) => each.recall.n > 0).map((each) => each.recall.value);
  const own = model && modelFigures(model);
  return {
    title,
    engine,
    split,
    classes,
    top1,
    perClass,
    confusion: matrix,
    intervals:
      'Intervals are 95 % Wilson score intervals over clips. Clips of one speaker are alike, so that the true uncertainty about new speakers is somewhat larger.',
    metrics: {
      top1: top1.value,
      top1Low: top1.low,
      top1High: top1.high,
      clips: top1.n,
      meanRecall: recalls.reduce((sum, value) => sum + value, 0) / Math.max(1, recalls.length),
      minRecall: Math.min(...recalls),
      ...own,
    },
    ...(own && { model: { ...(model.name !== undefined && { name: model.name }), ...own } }),
  };
}

function modelFigures({ parameters, multiplyAdds, mfpops, sizeBytes }: ModelMetadata): Record<string, number> {
  const figures = { parameters, multiplyAdds, mfpops, sizeBytes };
  return Object.fromEntries(
    Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
