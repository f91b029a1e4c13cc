import type { FeaturesMetadata } from '@sedge/artifact-contracts';
import { differenceOf, normalize, openFeatureSplit, type FeatureSplit } from '@sedge/features';
import { ToolError, type JobInput } from '@sedge/tool-contracts';
import { inventedInputs, spreadOver } from '../../domain/golden-inputs.js';
import { refusal } from '../refusal.js';
import type { ModelUse } from './model-use.js';

/** Clips that no network was fitted to come first: they are the more honest samples. */
const SPLITS = ['validation', 'test', 'train'];

/**
 * Inputs for a program's self-test: real features where there are some, else made-up ones.
 * @param inputShape of the network, batch first
 * @throws ToolError DEPLOY_CALIBRATION_DIFFERS
 */
export async function goldenInputs(
  inputShape: readonly number[],
  use: ModelUse,
  calibration: JobInput | undefined,
  wanted: number,
): Promise<Float32Array[]> {
  const elements = inputShape.reduce((product, extent) => product * extent, 1);
  if (!calibration) return inventedInputs(elements, wanted);
  const network = { preprocessing: use.preprocessing, shape: inputShape.slice(1) };
  const difference = differenceOf(calibration.metadata as unknown as FeaturesMetadata, network);
  if (difference !== null) {
    const mend = 'give the features that the model was trained on';
    throw refusal('DEPLOY_CALIBRATION_DIFFERS', `calibration: ${difference}; ${mend}`);
  }
  const split = await openFirstSplit(calibration);
  try {
    return spreadOver(split.labels.length, wanted).map((clip) => {
      const features = split.read(clip, clip + 1);
      normalize(features, split.shape, use.preprocessing.normalization);
      return features;
    });
  } finally {
    split.close();
  }
}

async function openFirstSplit(calibration: JobInput): Promise<FeatureSplit> {
  for (const name of SPLITS.slice(0, -1)) {
    try {
      return await openFeatureSplit(calibration, name);
    } catch (error) {
      if (!(error instanceof ToolError) || error.code !== 'FEATURES_SPLIT_EMPTY') throw error;
    }
  }
  return openFeatureSplit(calibration, SPLITS.at(-1)!);
}
