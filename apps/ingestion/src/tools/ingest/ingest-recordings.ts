import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobInput, METADATA_FILE, nearestName, type ToolContext } from '@sedge/tool-contracts';
import type { AudioLayout, Labelling } from '../../domain/audio-layout.js';
import { judgeRecordings, type Judgement } from '../../domain/doubtful-recordings.js';
import { cutNoise } from '../../domain/noise-stretches.js';
import { byText, SPLITS, type LabelledRecording } from '../../domain/recording.js';
import { assignSplits, type SplitAssignment } from '../../domain/split-assignment.js';
import type { SkippedFile, SkipReason } from '../../domain/skip-reasons.js';
import { refusal } from '../../errors.js';
import { openArchive } from '../archive/open-archive.js';
import { DatasetFile } from '../dataset/dataset-file.js';
import { SampleStore } from '../dataset/sample-store.js';
import { clipSamplesOf, type IngestParameters } from './ingest-parameters.js';
import { reportOf, REPORT_FILE } from './ingestion-report.js';
import { refuseSplit } from './split-refusal.js';
import { firstOf, SourceReader, tooManySkipped, type SourceContent } from './source-reader.js';
import { summaryOfSkipped, tellSkipped } from './tell-skipped.js';

/** Why a file that the layout takes for a recording gives no samples. */
const UNREADABLE: ReadonlySet<SkipReason> = new Set(['empty', 'not-audio', 'too-large', 'too-long', 'unreadable']);

export interface Ingestion {
  context: ToolContext;
  layout: AudioLayout;
  parameters: IngestParameters;
  /** classes that must be there, in the order of their labels; empty: those that are found, in the order of their names */
  classes: string[];
}

/** Makes a data set of a source: reads it once, judges and splits what was found, and writes it in an order that no archive determines. */
export async function ingestRecordings(ingestion: Ingestion): Promise<void> {
  const { scratch } = ingestion.context.job;
  const clips = await SampleStore.create(join(scratch, 'clips.i16'));
  const noise = await SampleStore.create(join(scratch, 'noise.i16'));
  try {
    const content = await readSource(ingestion, clips, noise);
    await writeDataset(ingestion, content, clips, noise);
  } finally {
    await clips.remove();
    await noise.remove();
  }
}

async function readSource(ingestion: Ingestion, clips: SampleStore, noise: SampleStore): Promise<SourceContent> {
  const { context, layout, parameters } = ingestion;
  const source = context.job.inputs['source'] as JobInput;
  const { name } = source.metadata as { name: string };
  const archive = await openArchive(join(source.path, 'source'), { name, signal: context.signal });
  const { sampleRateHz, longClips, maxRecordingMs, maxSkipped } = parameters;
  const clipSamples = clipSamplesOf(parameters);
  const options = { sampleRateHz, clipSamples, longClips, maxRecordingMs, maxSkipped };
  return new SourceReader({ archive, layout, clips, noise, ...options, context }).read();
}

async function writeDataset(
  ingestion: Ingestion,
  content: SourceContent,
  clips: SampleStore,
  noiseStore: SampleStore,
): Promise<void> {
  const { context, layout, parameters } = ingestion;
  const labelling = layout.label(content.recordings, content.texts);
  const judgement = judge(content, labelling, parameters);
  const skipped = [...content.skipped, ...labelling.skipped, ...judgement.skipped].sort((a, b) =>
    byText(a.path, b.path),
  );
  refuseSkipped(skipped, parameters);
  const { name } = (context.job.inputs['source'] as JobInput).metadata as { name: string };
  refuseUnusable(content, judgement);
  if (labelling.labels.length === 0) throw refusal('INGESTION_LAYOUT_EMPTY', { name, layout: layout.form });
  const classes = classesOf(ingestion.classes, judgement.kept, labelling.labels);
  const assignment = assignSplits(judgement.kept, labelling.lists, parameters.split);
  if ('problem' in assignment) throw refuseSplit(assignment);
  refuseEmptySplit(assignment);

  const clipSamples = clipSamplesOf(parameters);
  const { sampleRateHz, clipMs } = parameters;
  const folder = context.job.outputs['dataset']!.path;
  const file = await DatasetFile.create(folder, { classes, sampleRateHz, clipSamples });
  try {
    await copyClips({ file, clips, clipSamples, classes, recordings: judgement.kept, assignment, context });
    const noise = [...content.noise].sort((a, b) => byText(a.name, b.name) || a.length - b.length);
    for (const { at, length } of noise) file.addNoise(await noiseStore.read(at, length));
    const stretches = cutNoise(noise, clipSamples);
    const counts = file.finish(stretches);
    const report = reportOf({
      classes,
      kept: judgement.kept,
      assignment,
      skipped,
      judgement,
      labelling,
      noise,
      sampleRateHz,
    });
    await writeFile(join(folder, REPORT_FILE), `${JSON.stringify(report, null, 1)}\n`);
    const split = assignment.description;
    const metadata = { classes, sampleRateHz, clipMs, counts, split, skipped: summaryOfSkipped(skipped) };
    await writeFile(join(folder, METADATA_FILE), JSON.stringify(metadata));
    for (const note of report.notes) context.log('warn', note);
    context.log('info', `${judgement.kept.length} recordings of ${classes.length} classes`);
    tellSkipped(skipped, judgement.kept.length, context.log);
  } finally {
    await file.abandon();
  }
}

function judge(content: SourceContent, labelling: Labelling, { keepDoubtful }: IngestParameters): Judgement {
  const byIndex = new Map(content.recordings.map((recording) => [recording.index, recording]));
  return judgeRecordings(labelling.recordings, ({ index }) => byIndex.get(index)!, keepDoubtful);
}

function refuseSkipped(skipped: SkippedFile[], { strict, maxSkipped }: IngestParameters): void {
  if (strict && skipped.length > 0) {
    throw refusal('INGESTION_STRICT', { count: skipped.length, files: firstOf(skipped) });
  }
  if (skipped.length > maxSkipped) throw tooManySkipped(skipped, maxSkipped);
}

/** Recordings that lie where they should and of which none is of use are another mistake than a wrong layout. */
function refuseUnusable({ recordings, skipped }: SourceContent, judgement: Judgement): void {
  const unread = skipped.filter(({ reason }) => UNREADABLE.has(reason));
  if (recordings.length === 0 && unread.length > 0) {
    throw refusal('INGESTION_RECORDINGS_UNREADABLE', { count: unread.length, files: firstOf(unread) });
  }
  const refused = judgement.skipped;
  if (judgement.kept.length === 0 && refused.length > 0) {
    throw refusal('INGESTION_RECORDINGS_UNUSABLE', { count: refused.length, files: firstOf(refused) });
  }
}

/** @param known labels of all recordings of the source, which a misspelt one may be near to */
function classesOf(wanted: string[], recordings: LabelledRecording[], known: string[]): string[] {
  const found = [...new Set(recordings.map(({ label }) => label))].sort(byText);
  for (const word of wanted.filter((word) => !found.includes(word))) {
    const nearest = nearestName(word, known);
    throw refusal('INGESTION_WORD_ABSENT', { word, suggestion: nearest ? `; there is '${nearest}'` : '' });
  }
  const classes = wanted.length > 0 ? wanted : found;
  if (classes.length < 2) throw refusal('INGESTION_ONE_CLASS', { count: classes.length, names: classes.join(', ') });
  return classes;
}

function refuseEmptySplit({ splits }: SplitAssignment): void {
  const empty = SPLITS.find((split) => !splits.includes(split));
  if (empty) throw refusal('INGESTION_SPLIT_EMPTY', { split: empty });
}

interface Copying {
  file: DatasetFile;
  clips: SampleStore;
  clipSamples: number;
  classes: string[];
  /** in the order in which they are written */
  recordings: LabelledRecording[];
  assignment: SplitAssignment;
  context: ToolContext;
}

async function copyClips({
  file,
  clips,
  clipSamples,
  classes,
  recordings,
  assignment,
  context,
}: Copying): Promise<void> {
  const labels = new Map(classes.map((name, label) => [name, label]));
  for (const [at, { index, id, label, speaker }] of recordings.entries()) {
    context.signal.throwIfAborted();
    const samples = await clips.read(index * clipSamples, clipSamples);
    file.add(assignment.splits[at]!, [{ id, label: labels.get(label)!, speaker }], samples);
    if (at % 500 === 0) context.progress(at, recordings.length, 'recordings');
  }
}
