import { canonicalJson, type FeaturesMetadata, type Preprocessing } from '@sedge/artifact-contracts';

/** What a network takes: how its input is made, and its shape. */
export interface WantedFeatures {
  preprocessing: Preprocessing;
  /** of one clip, without the batch */
  shape: readonly number[];
}

/** Why features are not what a network takes, as a clause; null when they are. Normalization is the network's own and not compared. */
export function differenceOf({ shape, preprocessing }: FeaturesMetadata, wanted: WantedFeatures): string | null {
  if (shape.join() !== wanted.shape.join()) {
    return `a clip of the features has the shape [${shape}], and the network takes [${wanted.shape}]`;
  }
  const { tool, parameters } = wanted.preprocessing;
  if (preprocessing.tool !== tool)
    return `the features were made by ${preprocessing.tool}, and the network takes those of ${tool}`;
  const names = [...new Set([...Object.keys(preprocessing.parameters), ...Object.keys(parameters)])].sort();
  const different = names.filter((name) => textOf(preprocessing.parameters[name]) !== textOf(parameters[name]));
  if (different.length === 0) return null;
  return `the features were made with another ${different.join(', another ')} than the network takes`;
}

/** Absent and null mean the same: not set. */
const textOf = (value: unknown): string => canonicalJson(value ?? null);
