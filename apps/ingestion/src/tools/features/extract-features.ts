import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Hdf5Writer, type DatasetWriter } from '@sedge/hdf5';
import { LneError, mfcc, mfccShape, type MfccParameters, type MfccShape } from '@sedge/lne';
import { METADATA_FILE, type JobInput, type ToolContext } from '@sedge/tool-contracts';
import { SPLITS, type Split } from '../../domain/recording.js';
import { refusal } from '../../errors.js';
import { DatasetReader } from '../dataset/dataset-reader.js';

const FEATURES_FILE = 'features.h5';
/** Of the preprocessing that models carry: another one for each change that gives other values. */
const PREPROCESSING = { tool: 'extract-mfcc', version: '1' };
const BATCH_CLIPS = 128;

/** All of MFCC's parameters but the clip's length, which is the data set's. */
export type GivenMfccParameters = Omit<MfccParameters, 'clipMs'>;

/** @param parameters complete, as the platform checks them against the schema */
export function mfccParametersOf(parameters: Record<string, unknown>): GivenMfccParameters {
  const { sampleRateHz, frameMs, strideMs, bands, mels, padMode, topDb, htk, norm } =
    parameters as unknown as GivenMfccParameters;
  return { sampleRateHz, frameMs, strideMs, bands, mels, padMode, topDb, htk, norm };
}

/** Makes features of a data set, split by split and batch by batch. @throws INGESTION_PARAMETERS, INGESTION_DATASET */
export async function extractFeatures(context: ToolContext, given: GivenMfccParameters): Promise<void> {
  const reader = await DatasetReader.open(context.job.inputs['dataset'] as JobInput);
  try {
    const { parameters, shape } = completeParameters(reader, given);
    const folder = context.job.outputs['features']!.path;
    const writer = await Hdf5Writer.create(join(folder, FEATURES_FILE));
    try {
      const extraction = { reader, writer, parameters, shape, context };
      for (const split of SPLITS) await extractSplit(extraction, split);
      for (const place of ['/', ...SPLITS.map((split) => `/${split}`)]) {
        writer.attribute(place, 'classes', reader.classes);
        writer.attribute(place, 'sampleRateHz', reader.sampleRateHz);
      }
      writer.finish();
    } finally {
      await writer.abandon();
    }
    const { split } = (context.job.inputs['dataset'] as JobInput).metadata;
    const metadata = { ...metadataOf(reader, parameters, shape), ...(split !== undefined && { split }) };
    await writeFile(join(folder, METADATA_FILE), JSON.stringify(metadata));
  } finally {
    reader.close();
  }
}

function completeParameters(
  reader: DatasetReader,
  given: GivenMfccParameters,
): { parameters: MfccParameters; shape: MfccShape } {
  if (given.sampleRateHz !== reader.sampleRateHz) {
    const reason = `sampleRateHz is ${given.sampleRateHz}, and the data set has ${reader.sampleRateHz} Hz`;
    throw refusal('INGESTION_PARAMETERS', { reason });
  }
  const parameters = { ...given, clipMs: (reader.clipSamples * 1000) / reader.sampleRateHz };
  try {
    return { parameters, shape: mfccShape(parameters) };
  } catch (error) {
    if (error instanceof LneError && error.code === 'MFCC_PARAMETERS') {
      throw refusal('INGESTION_PARAMETERS', { reason: error.message });
    }
    throw error;
  }
}

interface Extraction {
  reader: DatasetReader;
  writer: Hdf5Writer;
  parameters: MfccParameters;
  shape: MfccShape;
  context: ToolContext;
}

async function extractSplit({ reader, writer, parameters, shape, context }: Extraction, split: Split): Promise<void> {
  const { id, label } = reader.rows(split);
  const data = writer.dataset(`/${split}/data`, 'float32', [1, shape.bands, shape.frames]);
  const inWork: Promise<Float32Array>[] = [];
  const takeOldest = async (): Promise<void> => data.append((await inWork.shift()!) as Float32Array<ArrayBuffer>);
  try {
    for (let from = 0; from < id.length; from += BATCH_CLIPS) {
      context.signal.throwIfAborted();
      const to = Math.min(from + BATCH_CLIPS, id.length);
      inWork.push(mfcc(reader.clips(split, from, to), parameters));
      if (inWork.length >= context.job.threads) await takeOldest();
      context.progress(to, id.length, `${split} clips`);
    }
    while (inWork.length > 0) await takeOldest();
  } finally {
    await Promise.allSettled(inWork);
  }
  data.finish();
  writeLabels(writer.dataset(`/${split}/label`, 'int64'), label);
  writer.texts(`/${split}/id`, id);
}

function writeLabels(dataset: DatasetWriter<'int64'>, labels: number[]): void {
  dataset.append(labels);
  dataset.finish();
}

function metadataOf(reader: DatasetReader, parameters: MfccParameters, shape: MfccShape): Record<string, unknown> {
  const counts = Object.fromEntries(SPLITS.map((split) => [split, reader.rows(split).id.length]));
  return {
    classes: reader.classes,
    sampleRateHz: reader.sampleRateHz,
    shape: [1, shape.bands, shape.frames],
    counts,
    preprocessing: { ...PREPROCESSING, parameters },
  };
}
