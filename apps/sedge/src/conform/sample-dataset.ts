import { join } from 'node:path';
import { Hdf5Writer } from '@sedge/hdf5';

type Metadata = Record<string, unknown>;

const CLASSES = ['low', 'high'];
const SAMPLE_RATE_HZ = 16_000;
const CLIP_MS = 1000;
const CLIP_SAMPLES = (SAMPLE_RATE_HZ * CLIP_MS) / 1000;
/** Who speaks in which split; everybody says each class once. */
const SPEAKERS = { train: ['ann', 'bob', 'cem', 'dan'], validation: ['eva', 'fay'], test: ['gus', 'hal'] };
const COUNTS = Object.fromEntries(
  Object.entries(SPEAKERS).map(([split, speakers]) => [split, speakers.length * CLASSES.length]),
);
const BANDS = 40;
const FRAMES = 32;

/** Sixteen tones of a second, low and high, of eight speakers. @returns its metadata */
export async function writeAudioDataset(folder: string): Promise<Metadata> {
  const writer = await Hdf5Writer.create(join(folder, 'dataset.h5'));
  for (const [split, speakers] of Object.entries(SPEAKERS)) {
    writeSplit(writer, split, speakers);
    const data = writer.dataset(`/${split}/data`, 'int16', [CLIP_SAMPLES]);
    for (const clip of clipsOf(speakers)) data.append(tone(clip));
    writer.texts(
      `/${split}/speaker`,
      clipsOf(speakers).map(({ speaker }) => speaker),
    );
  }
  writeAttributes(writer);
  const noise = writer.dataset('/background/data', 'int16');
  const splits = Object.keys(SPEAKERS);
  for (const index of splits.keys())
    noise.append(Int16Array.from({ length: CLIP_SAMPLES }, (_, at) => hash(index, at) % 200));
  writer.dataset('/background/offset', 'int64').append(splits.map((_, index) => index * CLIP_SAMPLES));
  writer.dataset('/background/length', 'int64').append(splits.map(() => CLIP_SAMPLES));
  writer.texts(
    '/background/name',
    splits.map((split) => `noise-${split}`),
  );
  writer.texts('/background/split', splits);
  writer.finish();
  return { classes: CLASSES, sampleRateHz: SAMPLE_RATE_HZ, clipMs: CLIP_MS, counts: COUNTS };
}

/** Features of the same clips: the band in which the tone would be stands out. @returns its metadata */
export async function writeFeatures(folder: string): Promise<Metadata> {
  const writer = await Hdf5Writer.create(join(folder, 'features.h5'));
  for (const [split, speakers] of Object.entries(SPEAKERS)) {
    writeSplit(writer, split, speakers);
    const data = writer.dataset(`/${split}/data`, 'float32', [1, BANDS, FRAMES]);
    for (const clip of clipsOf(speakers)) data.append(bandsOf(clip));
  }
  writeAttributes(writer);
  writer.finish();
  const parameters = { sampleRateHz: SAMPLE_RATE_HZ, clipMs: CLIP_MS, frameMs: 128, strideMs: 32, bands: BANDS };
  const preprocessing = { tool: 'extract-mfcc', version: '1', parameters };
  return { classes: CLASSES, sampleRateHz: SAMPLE_RATE_HZ, shape: [1, BANDS, FRAMES], counts: COUNTS, preprocessing };
}

interface Clip {
  speaker: string;
  label: number;
  /** position among all clips of the speakers, for what must differ */
  number: number;
}

const clipsOf = (speakers: readonly string[]): Clip[] =>
  speakers.flatMap((speaker, index) =>
    CLASSES.map((_, label) => ({ speaker, label, number: index * CLASSES.length + label })),
  );

function writeSplit(writer: Hdf5Writer, split: string, speakers: readonly string[]): void {
  const clips = clipsOf(speakers);
  writer.dataset(`/${split}/label`, 'int64').append(clips.map(({ label }) => label));
  writer.texts(
    `/${split}/id`,
    clips.map(({ speaker, label }) => `${CLASSES[label]}/${speaker}_1.wav`),
  );
}

function writeAttributes(writer: Hdf5Writer): void {
  for (const place of ['/', ...Object.keys(SPEAKERS).map((split) => `/${split}`)]) {
    writer.attribute(place, 'classes', CLASSES);
    writer.attribute(place, 'sampleRateHz', SAMPLE_RATE_HZ);
  }
}

function tone({ speaker, label, number }: Clip): Int16Array<ArrayBuffer> {
  const hz = (label === 0 ? 200 : 1600) + 7 * number + speaker.charCodeAt(0);
  return Int16Array.from({ length: CLIP_SAMPLES }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * at) / SAMPLE_RATE_HZ)),
  );
}

function bandsOf({ label, number }: Clip): Float32Array<ArrayBuffer> {
  const loud = label === 0 ? 5 : 30;
  return Float32Array.from({ length: BANDS * FRAMES }, (_, at) => {
    const band = Math.floor(at / FRAMES);
    return (Math.abs(band - loud) < 3 ? 4 : 0) + (hash(number, at) % 1000) / 1000;
  });
}

/** A number that looks like noise and is the same each time: the finalizer of MurmurHash3. */
function hash(one: number, other: number): number {
  let value = Math.imul(one + 1, 0x9e3779b1) ^ other;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
