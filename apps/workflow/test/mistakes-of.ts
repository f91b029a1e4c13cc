import type { Mistake } from '../src/domain/mistake.js';
import { compileSample } from './sample-tools.js';

/** The mistakes of a workflow as `CODE line:column`, with the whole ones beside. */
export function mistakesOf(
  text: string,
  set: Record<string, unknown> = {},
  maxSteps = 20_000,
): { short: string[]; all: Mistake[] } {
  const result = compileSample(text, set, maxSteps);
  const all = 'mistakes' in result ? result.mistakes : [];
  return { all, short: all.map(({ code, place }) => `${code} ${place.line}:${place.column}`) };
}

/** A workflow with a sweep, and more steps from line 7 on. */
export const swept = (more: string): string => `name: w
inputs: { data: { from: /x } }
steps:
  speech: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [a] } }
  features: { tool: extract-mfcc, in: { dataset: $speech.dataset } }
  model: { tool: train-pytorch, in: { features: $features.features }, sweep: { seed: [1, 2], rate: [0.1, 0.2, 0.3] } }
${more}`;
