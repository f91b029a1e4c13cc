import type { SplitRules } from '../../domain/split-assignment.js';
import { refusal } from '../../errors.js';
import { splitRulesOf } from '../ingest/ingest-parameters.js';

export interface ExtraClass {
  fraction: number;
  name: string;
}

export interface PartitionParameters {
  words: string[];
  unknown: ExtraClass | null;
  silence: ExtraClass | null;
  silenceGainDb: [number, number];
  split: SplitRules;
}

/** Names that the schema gives, where only some fields of a class are given. */
const NAMES = { unknown: 'unknown', silence: 'silence' };

/** @throws INGESTION_CLASS_NAMES, INGESTION_PARAMETERS */
export function partitionParametersOf(parameters: Record<string, unknown>): PartitionParameters {
  const words = parameters['words'] as string[];
  const unknown = extraClassOf(parameters, 'unknown');
  const silence = extraClassOf(parameters, 'silence');
  const silenceGainDb = parameters['silenceGainDb'] as [number, number];
  const names = [...words, ...[unknown, silence].flatMap((one) => (one ? [one.name] : []))];
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw refusal('INGESTION_CLASS_NAMES', { name: twice });
  if (silenceGainDb[0] > silenceGainDb[1]) {
    throw refusal('INGESTION_PARAMETERS', { reason: 'silenceGainDb: the first bound is above the second' });
  }
  return { words, unknown, silence, silenceGainDb, split: splitRulesOf(parameters) };
}

function extraClassOf(parameters: Record<string, unknown>, key: keyof typeof NAMES): ExtraClass | null {
  const given = parameters[key] as Partial<ExtraClass>;
  const fraction = given.fraction ?? 0;
  return fraction > 0 ? { fraction, name: given.name ?? NAMES[key] } : null;
}
