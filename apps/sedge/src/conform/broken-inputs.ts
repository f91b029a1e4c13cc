import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '@sedge/artifact-contracts';
import type { ArtifactSample, ArtifactSamples } from './artifact-samples.js';
import type { GoldenCase } from './workbench.js';

/** A case with one file of one input broken. */
export interface BrokenCase {
  /** e.g. `report.json of the input 'of', cut in half` */
  what: string;
  inputs: GoldenCase['inputs'];
  /** whether the file has a form that broken bytes offend; other bytes may mean anything */
  hasForm: boolean;
}

/** Of an input with many files the first ones stand for the others. */
const FILES_OF_AN_INPUT = 3;
/** Larger files are not copied to be broken. */
const LIMIT_BYTES = 256 << 20;

const BREAKAGES: [string, (bytes: Buffer) => Buffer][] = [
  ['cut in half', (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2))],
  ['full of noise', (bytes) => noise(Math.max(64, bytes.length))],
];

/** The case with each file of each input broken in turn, in the store of the bench. */
export async function* brokenCases(
  samples: ArtifactSamples,
  { inputs }: GoldenCase,
  folder: string,
): AsyncGenerator<BrokenCase> {
  let count = 0;
  for (const [name, ids] of Object.entries(inputs)) {
    const sample = samples.find([ids].flat()[0]!);
    for (const path of sample.files.slice(0, FILES_OF_AN_INPUT)) {
      const bytes = await readFile(join(sample.folder, path));
      if (bytes.length === 0 || bytes.length > LIMIT_BYTES) continue;
      for (const [how, change] of BREAKAGES) {
        const broken = await samples.putChanged(sample, path, change(bytes), join(folder, `broken-${++count}`));
        const what = `${path} of the input '${name}', ${how}`;
        yield { what, inputs: withInput(inputs, name, broken), hasForm: hasForm(path, bytes) };
      }
    }
  }
}

function withInput(inputs: GoldenCase['inputs'], name: string, { id }: ArtifactSample): GoldenCase['inputs'] {
  const before = inputs[name] as Digest | Digest[];
  return { ...inputs, [name]: Array.isArray(before) ? [id, ...before.slice(1)] : id };
}

/** First bytes of formats that know their own length or order, so that a reader can tell when they are broken. */
const SIGNATURES = [
  '\x89HDF',
  '\x89PNG',
  '\xff\xd8\xff',
  'RIFF',
  'fLaC',
  'OggS',
  'PK\x03\x04',
  '\x1f\x8b',
  '\x93NUMPY',
  '%PDF',
  'BZh',
  '\xfd7zXZ',
  '\x28\xb5\x2f\xfd',
  'SQLite',
  'PAR1',
];

function hasForm(path: string, bytes: Buffer): boolean {
  const start = bytes.subarray(0, 8).toString('latin1');
  if (SIGNATURES.some((signature) => start.startsWith(signature)) || path.endsWith('.onnx')) return true;
  if (!path.endsWith('.json')) return false;
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** The same noise each time: xorshift32, Marsaglia 2003. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x9e3779b9;
  for (let at = 0; at < length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state & 0xff;
  }
  return bytes;
}
