import { join } from 'node:path';
import type { DatasetAudioMetadata } from '@sedge/artifact-contracts';
import { Hdf5Error, Hdf5Reader } from '@sedge/hdf5';
import type { Application } from '@sedge/lne';
import type { JobInput } from '@sedge/tool-contracts';
import { inventedInputs, spreadOver } from '../../domain/golden-inputs.js';
import { refusal } from '../refusal.js';

const SAMPLES_PER_UNIT = 32768;

/**
 * Inputs for an application's self-test: real recordings where it begins with sound and there are some, else made-up numbers, each vector
 * quieter than the one before, so that conditions meet different scores.
 * @throws ToolError DEPLOY_RECORDINGS_UNREADABLE, DEPLOY_CALIBRATION_DIFFERS
 */
export async function applicationInputs(
  { description: { inputs, values } }: Application,
  recordings: JobInput | undefined,
  wanted: number,
): Promise<Float32Array[]> {
  const ports = inputs.map((value) => values[value]!);
  const [first] = ports;
  if (recordings && ports.length === 1 && first!.kind === 'sound') {
    return clipsOf(recordings, { samples: first!.shape[0]!, rateHz: first!.rateHz }, wanted);
  }
  const elements = ports.reduce((sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
  return inventedInputs(elements, wanted).map((data, vector) => data.map((value) => value / 2 ** (1 + 2 * vector)));
}

async function clipsOf(
  recordings: JobInput,
  wanted: { samples: number; rateHz: number },
  count: number,
): Promise<Float32Array[]> {
  const { sampleRateHz } = recordings.metadata as unknown as DatasetAudioMetadata;
  if (sampleRateHz !== wanted.rateHz) {
    const message = `recordings: they have ${sampleRateHz} Hz, and the application takes ${wanted.rateHz} Hz; ingest them at that rate`;
    throw refusal('DEPLOY_CALIBRATION_DIFFERS', message);
  }
  try {
    const file = await Hdf5Reader.open(join(recordings.path, 'dataset.h5'));
    try {
      return spreadOver(file.integers('test/label').length, count).map((clip) => {
        const samples = file.rows('test/data', 'int16', clip, clip + 1);
        return Float32Array.from({ length: wanted.samples }, (_, i) => (samples[i] ?? 0) / SAMPLES_PER_UNIT);
      });
    } finally {
      file.close();
    }
  } catch (error) {
    if (!(error instanceof Hdf5Error)) throw error;
    throw refusal('DEPLOY_RECORDINGS_UNREADABLE', `recordings: ${error.message}; ingest them again`);
  }
}
