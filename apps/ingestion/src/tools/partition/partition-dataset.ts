import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobInput, METADATA_FILE, nearestName, type ToolContext } from '@sedge/tool-contracts';
import { chooseClasses, type Candidate, type Choice } from '../../domain/class-choice.js';
import { hasNoiseForAll, placeSilence, type NoiseStretch } from '../../domain/noise-stretches.js';
import { SPLITS, type LabelledRecording, type Split } from '../../domain/recording.js';
import { saltedHash } from '../../domain/salted-hash.js';
import { assignSplits, type SplitDescription } from '../../domain/split-assignment.js';
import { refusal } from '../../errors.js';
import { DatasetFile } from '../dataset/dataset-file.js';
import { DatasetReader } from '../dataset/dataset-reader.js';
import { refuseSplit } from '../ingest/split-refusal.js';
import type { PartitionParameters } from './partition-parameters.js';

const BATCH_CLIPS = 256;
const NOISE_BATCH_SAMPLES = 1 << 20;

/** A clip of the input, and where it goes. */
interface Placed {
  from: Split;
  row: number;
  recording: LabelledRecording;
}

/** Makes the data set of a task out of a data set: reads it twice, first what is said of the clips, then the clips batch by batch. */
export async function partitionDataset(context: ToolContext, parameters: PartitionParameters): Promise<void> {
  const input = context.job.inputs['dataset'] as JobInput;
  const reader = await DatasetReader.open(input);
  try {
    const { placed, splits, description } = placeClips(reader, input, parameters);
    const stretches = reader.stretches();
    if (parameters.silence && !hasNoiseForAll(stretches, reader.clipSamples)) throw refusal('INGESTION_NOISE_ABSENT');
    const choice = choose(reader, placed, splits, parameters);
    const folder = context.job.outputs['dataset']!.path;
    const { sampleRateHz, clipSamples } = reader;
    const file = await DatasetFile.create(folder, { classes: choice.classes, sampleRateHz, clipSamples });
    try {
      await copyClips({ reader, file, placed, splits, choice, context });
      addSilence(reader, file, stretches, choice, parameters);
      copyNoise(reader, file, stretches);
      const counts = file.finish(stretches);
      refuseEmptySplit(counts);
      const clipMs = (clipSamples * 1000) / sampleRateHz;
      const metadata = { classes: choice.classes, sampleRateHz, clipMs, counts, split: description };
      await writeFile(join(folder, METADATA_FILE), JSON.stringify(metadata));
      for (const note of choice.notes) context.log('warn', note);
    } finally {
      await file.abandon();
    }
  } finally {
    reader.close();
  }
}

interface Placement {
  placed: Placed[];
  /** in the order of the clips */
  splits: Split[];
  description: SplitDescription;
}

/** Splits that the data set was given (by lists or by its makers) stay, unless a split by speaker is asked for. */
function placeClips(reader: DatasetReader, input: JobInput, { split: rules }: PartitionParameters): Placement {
  const made = (input.metadata['split'] as SplitDescription | undefined) ?? null;
  const isGiven = made?.method === 'official-lists' || made?.method === 'given';
  const placed = SPLITS.flatMap((from) => {
    const { label, id, speaker } = reader.rows(from);
    return id.map((name, row): Placed => {
      const recording = { index: row, id: name, label: reader.classes[label[row]!]!, speaker: speaker[row]! };
      return { from, row, recording: { ...recording, split: isGiven ? from : null } };
    });
  });
  const assignment = assignSplits(
    placed.map(({ recording }) => recording),
    null,
    rules,
  );
  if ('problem' in assignment) throw refuseSplit(assignment);
  const description = isGiven && assignment.description.method === 'given' ? made! : assignment.description;
  return { placed, splits: assignment.splits, description };
}

function choose(reader: DatasetReader, placed: Placed[], splits: Split[], parameters: PartitionParameters): Choice {
  const { unknown, silence, split } = parameters;
  for (const word of parameters.words.filter((word) => !reader.classes.includes(word))) {
    const nearest = nearestName(word, reader.classes);
    throw refusal('INGESTION_WORD_ABSENT', { word, suggestion: nearest ? `; there is '${nearest}'` : '' });
  }
  const words = parameters.words.length > 0 ? parameters.words : reader.classes;
  if (unknown && words.length === reader.classes.length) throw refusal('INGESTION_UNKNOWN_EMPTY');
  const candidates = placed.map(({ recording }, at): Candidate => {
    return { id: recording.id, label: recording.label, split: splits[at]! };
  });
  const choice = chooseClasses(candidates, { words, unknown, silence, salt: split.salt });
  const { classes } = choice;
  const twice = classes.find((name, at) => classes.indexOf(name) !== at);
  if (twice !== undefined) throw refusal('INGESTION_CLASS_NAMES', { name: twice });
  if (classes.length < 2) throw refusal('INGESTION_ONE_CLASS', { count: classes.length, names: classes.join(', ') });
  return choice;
}

interface Copying {
  reader: DatasetReader;
  file: DatasetFile;
  placed: Placed[];
  splits: Split[];
  choice: Choice;
  context: ToolContext;
}

/** In the order of the input: batches are read whole, and what is wanted of them is passed on. */
async function copyClips({ reader, file, placed, splits, choice, context }: Copying): Promise<void> {
  const { clipSamples } = reader;
  for (let at = 0; at < placed.length;) {
    context.signal.throwIfAborted();
    const { from, row: first } = placed[at]!;
    const count = Math.min(BATCH_CLIPS, reader.rows(from).id.length - first);
    const samples = reader.clips(from, first, first + count);
    for (let row = 0; row < count; row++) {
      const label = choice.labels[at + row];
      if (label === null || label === undefined) continue;
      const { id, speaker } = placed[at + row]!.recording;
      file.add(
        splits[at + row]!,
        [{ id, label, speaker }],
        samples.subarray(row * clipSamples, (row + 1) * clipSamples),
      );
    }
    at += count;
    context.progress(at, placed.length, 'recordings');
    // Reading and writing are synchronous: others of this process get their turn here.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function addSilence(
  reader: DatasetReader,
  file: DatasetFile,
  stretches: NoiseStretch[],
  choice: Choice,
  { silence, silenceGainDb: [low, high], split: { salt } }: PartitionParameters,
): void {
  if (!silence) return;
  const { clipSamples } = reader;
  const label = choice.classes.length - 1;
  for (const split of SPLITS) {
    for (const { stretch, offset } of placeSilence(stretches, split, choice.silence[split], clipSamples)) {
      const { name } = stretches[stretch]!;
      const id = `${silence.name}/${name}/${offset}`;
      const gain = 10 ** ((low + (high - low) * saltedHash(salt, id)) / 20);
      const samples = reader.noise(offset, offset + clipSamples).map((sample) => Math.round(sample * gain));
      file.add(split, [{ id, label, speaker: `${name}/${split}` }], samples);
    }
  }
}

function copyNoise(reader: DatasetReader, file: DatasetFile, stretches: NoiseStretch[]): void {
  const end = Math.max(0, ...stretches.map(({ offset, length }) => offset + length));
  for (let at = 0; at < end; at += NOISE_BATCH_SAMPLES) {
    file.addNoise(reader.noise(at, Math.min(at + NOISE_BATCH_SAMPLES, end)));
  }
}

function refuseEmptySplit(counts: Record<Split, number>): void {
  const empty = SPLITS.find((split) => counts[split] === 0);
  if (empty) throw refusal('INGESTION_SPLIT_EMPTY', { split: empty });
}
