import type { ModelMetadata, Preprocessing } from '@sedge/artifact-contracts';
import { refusal } from '../refusal.js';

/** How a model is used: what its outputs mean, and how its input is made. */
export interface ModelUse {
  classes: string[];
  preprocessing: Preprocessing;
  output: { kind: 'logits' | 'softmax' };
}

/** What the user says of a model in place of the model itself; null leaves it to the model. */
export interface GivenUse {
  classes: string[] | null;
  preprocessing: Preprocessing | null;
  outputKind: 'logits' | 'softmax' | null;
}

/**
 * Puts together how a model is used. What is given goes before what the model says.
 * @param carried what the model says of itself, as far as it does
 * @param lastOperator of the network: a softmax at its end tells the kind of output where nobody else does
 * @throws ToolError DEPLOY_USE_UNKNOWN
 */
export function useOf(carried: Partial<ModelMetadata>, given: GivenUse, lastOperator: string): ModelUse {
  const classes = given.classes ?? carried.classes;
  const preprocessing = given.preprocessing ?? carried.preprocessing;
  const missing = [!classes && 'classes', !preprocessing && 'preprocessing'].filter((name) => name !== false);
  if (!classes || !preprocessing) {
    const mend = "give them as parameters of deploy-lne, or add the metadata property 'sedge' to the ONNX file";
    throw refusal('DEPLOY_USE_UNKNOWN', `the model carries no ${missing.join(' and no ')}; ${mend}`);
  }
  const kind = given.outputKind ?? carried.output?.kind ?? (lastOperator === 'softmax' ? 'softmax' : 'logits');
  return { classes, preprocessing, output: { kind } };
}
