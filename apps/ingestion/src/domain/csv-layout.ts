import { parse } from 'csv-parse/sync';
import {
  isAudioName,
  isForeignAudioName,
  NOISE_FOLDER,
  type AudioLayout,
  type Labelling,
  type Placement,
} from './audio-layout.js';
import { readMemberPath } from './member-path.js';
import { stemOf, type FoundRecording, type LabelledRecording, type Split } from './recording.js';
import { skippedFile, type SkippedFile } from './skip-reasons.js';

/** Names of the columns that are read; speaker and split may be absent from the file. */
export interface CsvColumns {
  file: string;
  label: string;
  speaker: string;
  split: string;
}

export class CsvProblem extends Error {
  constructor(
    readonly problem:
      | { is: 'absent'; file: string }
      | { is: 'broken'; file: string; reason: string }
      | { is: 'column'; file: string; column: string; columns: string },
  ) {
    super(problem.is);
  }
}

interface Row {
  line: number;
  values: Map<string, string>;
}

/** What names splits go by in the data sets of this world. */
const SPLIT_NAMES: Record<string, Split> = {
  train: 'train',
  training: 'train',
  valid: 'validation',
  val: 'validation',
  validation: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
};

/** Audio in any folders, and a CSV file that says of each what it is; `_background_noise_/` beside. */
export class CsvLayout implements AudioLayout {
  readonly form = 'a CSV file with the columns file and label, and the files that it names';

  /**
   * @param csv path or name of the CSV file; empty where the source holds only one
   * @param classes those to read; empty for all
   */
  constructor(
    private readonly csv: string,
    private readonly columns: CsvColumns,
    private readonly classes: ReadonlySet<string>,
  ) {}

  placement(segments: string[]): Placement {
    const name = segments.at(-1)!;
    if (/\.csv$/i.test(name) || segments.join('/') === this.csv) return { use: 'text' };
    if (isForeignAudioName(name)) return { use: 'skipped', reason: 'not-audio' };
    if (!isAudioName(name)) return { use: 'ignored' };
    return segments.slice(0, -1).includes(NOISE_FOLDER) ? { use: 'noise' } : { use: 'recording' };
  }

  label(found: FoundRecording[], texts: ReadonlyMap<string, string>): Labelling {
    const [path, text] = this.choose(texts);
    const { header, rows } = readRows(path, text);
    for (const column of [this.columns.file, this.columns.label]) {
      if (!header.includes(column))
        throw new CsvProblem({ is: 'column', file: path, column, columns: header.join(', ') });
    }
    return this.labelRows(path, rows, header, found);
  }

  private choose(texts: ReadonlyMap<string, string>): [string, string] {
    const named = [...texts].filter(([path]) => this.csv === '' || path === this.csv || path.endsWith(`/${this.csv}`));
    if (named.length === 1) return named[0]!;
    if (named.length === 0) throw new CsvProblem({ is: 'absent', file: this.csv || '*.csv' });
    const reason = `the source holds ${named.length} such files (${named.map(([path]) => path).join(', ')}); name one with the parameter csv`;
    throw new CsvProblem({ is: 'broken', file: this.csv || '*.csv', reason });
  }

  private labelRows(csvPath: string, rows: Row[], header: string[], found: FoundRecording[]): Labelling {
    const folder = csvPath.split('/').slice(0, -1);
    const byPath = new Map(found.map((recording) => [recording.segments.join('/'), recording]));
    const skipped: SkippedFile[] = [];
    const byIndex = new Map<number, LabelledRecording>();
    const labels = new Set<string>();
    for (const { line, values } of rows) {
      const place = `${csvPath}:${line}`;
      const file = values.get(this.columns.file) ?? '';
      const path = readMemberPath(file);
      const label = values.get(this.columns.label) ?? '';
      const split = this.splitOf(values);
      if (path.use !== 'segments' || label === '' || split === undefined) {
        const what = path.use !== 'segments' ? `file '${file}'` : label === '' ? 'no label' : 'unknown split';
        skipped.push(skippedFile(place, 'csv-bad-row', what));
        continue;
      }
      labels.add(label);
      if (this.classes.size > 0 && !this.classes.has(label)) continue;
      const recording = byPath.get([...folder, ...path.segments].join('/')) ?? byPath.get(path.segments.join('/'));
      if (!recording) {
        skipped.push(skippedFile(place, 'csv-missing-file', file));
        continue;
      }
      const earlier = byIndex.get(recording.index);
      if (earlier) {
        if (earlier.label !== label)
          skipped.push(skippedFile(place, 'csv-bad-row', `${file} is '${earlier.label}' in an earlier row`));
        continue;
      }
      const id = stemOf(recording.segments.join('/'));
      const speaker = values.get(this.columns.speaker) || id;
      byIndex.set(recording.index, { index: recording.index, id, label, speaker, split });
    }
    return {
      recordings: [...byIndex.values()],
      labels: [...labels],
      skipped,
      notes: this.notes(header, found.length - byIndex.size),
      lists: null,
    };
  }

  /** null: not said; undefined: a name that is none */
  private splitOf(values: Map<string, string>): Split | null | undefined {
    const name = values.get(this.columns.split) ?? '';
    return name === '' ? null : SPLIT_NAMES[name.toLowerCase()];
  }

  private notes(header: string[], unnamed: number): string[] {
    const notes = unnamed > 0 ? [`${unnamed} recordings are in no usable row of the CSV file and were left out`] : [];
    if (header.includes(this.columns.speaker)) return notes;
    return [
      ...notes,
      'speakers are not known: recordings of one speaker may be in two splits, and accuracy may look better than it is',
    ];
  }
}

function readRows(file: string, text: string): { header: string[]; rows: Row[] } {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      relax_column_count: true,
      delimiter: delimiterOf(text),
    }) as never;
  } catch (error) {
    throw new CsvProblem({ is: 'broken', file, reason: (error as Error).message });
  }
  const [header, ...rest] = records;
  if (!header || rest.length === 0)
    throw new CsvProblem({ is: 'broken', file, reason: 'it has no rows below its first line' });
  const rows = rest.map(({ record, info }) => ({
    line: info.lines,
    values: new Map(header.record.map((name, at) => [name, (record[at] ?? '').normalize('NFC')])),
  }));
  return { header: header.record, rows };
}

/** Spreadsheets of some countries write semicolons; the first line tells. */
function delimiterOf(text: string): string {
  const first = text.slice(0, 10_000).split('\n', 1)[0]!;
  return [',', ';', '\t'].sort((a, b) => first.split(b).length - first.split(a).length)[0]!;
}
