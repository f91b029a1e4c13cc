import { join } from 'node:path';
import type { DatasetAudioMetadata } from '@sedge/artifact-contracts';
import { wavFile } from '@sedge/audio';
import { Hdf5Error, Hdf5Reader } from '@sedge/hdf5';
import type { JobInput } from '@sedge/tool-contracts';
import { refusal } from '../refusal.js';

/** Recordings that no network was fitted to. */
const SPLIT = 'test';

/**
 * One recording of each class, as WAV files for the folder of an application: something to try it on. Of a class without one there is none.
 *
 * @returns path below the application's folder -> content
 * @throws ToolError DEPLOY_RECORDINGS_UNREADABLE
 */
export async function sampleRecordings(dataset: JobInput): Promise<Map<string, Uint8Array>> {
  const { classes, sampleRateHz } = dataset.metadata as unknown as DatasetAudioMetadata;
  try {
    const file = await Hdf5Reader.open(join(dataset.path, 'dataset.h5'));
    try {
      const labels = file.integers(`${SPLIT}/label`);
      return new Map(
        classes.flatMap((name, label): [string, Uint8Array][] => {
          const clip = labels.indexOf(label);
          if (clip < 0) return [];
          const samples = file.rows(`${SPLIT}/data`, 'int16', clip, clip + 1);
          return [[`recordings/${fileNameOf(name, label)}.wav`, wavFile({ samples, sampleRateHz })]];
        }),
      );
    } finally {
      file.close();
    }
  } catch (error) {
    if (!(error instanceof Hdf5Error)) throw error;
    throw refusal('DEPLOY_RECORDINGS_UNREADABLE', `recordings: ${error.message}; ingest them again`);
  }
}

/** A class may be called anything; a file may not. */
function fileNameOf(name: string, label: number): string {
  return /^[\p{L}\p{N}][\p{L}\p{N}_-]{0,63}$/u.test(name) ? name : `class-${label}`;
}
