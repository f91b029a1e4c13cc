import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hdf5Reader } from '@sedge/hdf5';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IngestionReport } from '../src/tools/ingest/ingestion-report.js';
import { SPLITS } from '../src/domain/recording.js';
import { tool as extractMfcc } from '../src/tools/extract-mfcc.tool.js';
import { tool as ingestCsv } from '../src/tools/ingest-audio-csv.tool.js';
import { tool as ingestFolders } from '../src/tools/ingest-audio-folders.tool.js';
import { tool as ingestSpeechCommands } from '../src/tools/ingest-speech-commands.tool.js';
import { tool as partitionAudio } from '../src/tools/partition-audio.tool.js';
import { tarGzOf, tarOf, zipOf, type TestMember } from './builders/archives.js';
import { flacOf } from '../../../libs/audio/test/flac-files.js';
import { floatWavOf, toneOf, wavOf } from './builders/recordings.js';
import { runJob, type Artifact, type JobResult } from './builders/tool-job.js';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'sedge-ingestion-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

async function sourceOf(bytes: Buffer, name = 'data.tar'): Promise<Artifact> {
  const path = await mkdtemp(join(folder, 'source-'));
  await writeFile(join(path, 'source'), bytes);
  return { path, kind: 'source', metadata: { name, format: 'tar', sizeBytes: bytes.length } };
}

const SPEAKERS = Array.from({ length: 12 }, (_, at) => `s${at}`);

/** Recordings in the layout of Speech Commands, with noise. */
function speech(words: string[], speakers = SPEAKERS): TestMember[] {
  const clips = words.flatMap((word) =>
    speakers.map((speaker) => ({ path: `${word}/${speaker}_nohash_0.wav`, content: wavOf(toneOf(word, speaker)) })),
  );
  const noise = wavOf(toneOf('noise', 'tap', 0, 16_000 * 12));
  return [...clips, { path: '_background_noise_/tap.wav', content: noise }];
}

async function ingest(members: TestMember[], parameters: Record<string, unknown> = {}): Promise<JobResult> {
  return runJob(ingestSpeechCommands, folder, { source: await sourceOf(await tarOf(members)) }, parameters);
}

const bytesOf = ({ path }: Artifact, file = 'dataset.h5'): Promise<Buffer> => readFile(join(path, file));

async function reportOf(dataset: Artifact): Promise<IngestionReport> {
  return JSON.parse((await bytesOf(dataset, 'ingestion-report.json')).toString()) as IngestionReport;
}

interface Clips {
  ids: string[];
  labels: number[];
  speakers: string[];
  data: Int16Array;
}

async function clipsOf(dataset: Artifact, split: string): Promise<Clips> {
  const file = await Hdf5Reader.open(join(dataset.path, 'dataset.h5'));
  try {
    const count = file.rowCount(`/${split}/data`);
    return {
      ids: file.texts(`/${split}/id`),
      labels: file.integers(`/${split}/label`),
      speakers: file.texts(`/${split}/speaker`),
      data: file.rows(`/${split}/data`, 'int16', 0, count),
    };
  } finally {
    file.close();
  }
}

const failing = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as unknown });

describe('ingest-speech-commands', () => {
  it('writes each recording once, as it is, with word and speaker, and nobody in two splits', async () => {
    const dataset = await ingest(speech(['yes', 'no', 'bed']));
    expect(dataset.metadata['classes']).toEqual(['bed', 'no', 'yes']);
    const all = await Promise.all(SPLITS.map((split) => clipsOf(dataset, split)));
    expect(all.flatMap(({ ids }) => ids).sort()).toEqual(
      ['yes', 'no', 'bed'].flatMap((word) => SPEAKERS.map((speaker) => `${word}/${speaker}_nohash_0`)).sort(),
    );
    const speakers = all.flatMap((clips) => [...new Set(clips.speakers)]);
    expect(new Set(speakers).size).toBe(speakers.length);
    const [train] = all;
    expect(train!.data.subarray(0, 16_000)).toEqual(toneOf(train!.ids[0]!.split('/')[0]!, train!.speakers[0]!));
  });

  it('gives the same bytes at another time, in another folder, from any order of members and form of archive', async () => {
    const members = speech(['yes', 'no']);
    const expected = await bytesOf(await ingest(members));
    const backwards = [...members].reverse();
    const files = members.map(({ path, content }) => ({ path, content: content! }));
    for (const bytes of [await tarOf(backwards), await tarGzOf(members), zipOf(files)]) {
      const again = await runJob(ingestSpeechCommands, folder, { source: await sourceOf(bytes) });
      expect((await bytesOf(again)).equals(expected)).toBe(true);
    }
  });

  it('gives the same bytes for FLAC as for WAV', async () => {
    const packed = speech(['yes', 'no']).map(({ path, content }) => {
      const bytes = Buffer.from(content as Buffer);
      const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.length));
      return path.startsWith('_')
        ? { path, content: bytes }
        : { path: path.replace('.wav', '.flac'), content: flacOf(samples) };
    });
    const [wav, flac] = [await ingest(speech(['yes', 'no'])), await ingest(packed)];
    expect((await bytesOf(flac)).equals(await bytesOf(wav))).toBe(true);
  });

  it('reads only the words that are wanted, with labels in their order', async () => {
    const dataset = await ingest(speech(['bed', 'no', 'yes']), { words: ['yes', 'bed'] });
    expect(dataset.metadata['classes']).toEqual(['yes', 'bed']);
    const { ids, labels } = await clipsOf(dataset, 'train');
    for (const [at, id] of ids.entries()) expect(id.startsWith(labels[at] === 0 ? 'yes/' : 'bed/')).toBe(true);
  });

  it('follows complete lists', async () => {
    const lists = [
      { path: 'validation_list.txt', content: 'yes/s1_nohash_0.wav\nno/s1_nohash_0.wav\n' },
      { path: 'testing_list.txt', content: 'yes/s2_nohash_0.wav\nno/s2_nohash_0.wav\n' },
    ];
    const dataset = await ingest([...speech(['yes', 'no']), ...lists]);
    expect(dataset.metadata).toMatchObject({
      counts: { train: 20, validation: 2, test: 2 },
      split: { method: 'official-lists' },
    });
    // A task chosen from it keeps that split.
    const task = await runJob(partitionAudio, folder, { dataset }, { words: ['yes', 'no'] });
    expect(task.metadata).toMatchObject({
      counts: { train: 20, validation: 2, test: 2 },
      split: { method: 'official-lists' },
    });
    expect((await clipsOf(task, 'test')).speakers).toEqual(['s2', 's2']);
  });

  it('lists what it skips and why', async () => {
    const dataset = await ingest([
      ...speech(['yes', 'no']),
      { path: 'yes/s1_nohash_1.wav', content: '' },
      { path: 'yes/s1_nohash_2.wav', content: wavOf(toneOf('a', 'b')).subarray(0, 30) },
      { path: 'yes/s1_nohash_3.wav', content: floatWavOf([0.1, Number.NaN]) },
      { path: 'yes/s1_nohash_4.wav', content: wavOf(new Int16Array(16_000)) },
      { path: 'yes/s2_nohash_5.wav', content: wavOf(toneOf('no', 's2')) },
      { path: 'yes/noname.wav', content: wavOf(toneOf('a', 'b')) },
      { path: 'yes/s1_nohash_6.wav', content: 'this is text' },
      { path: '../../etc/yes/s1_nohash_7.wav', content: wavOf(toneOf('a', 'c')) },
      { path: '/yes/s1_nohash_8.wav', content: wavOf(toneOf('a', 'd')) },
      { path: 'yes/s1_nohash_9.wav', type: 'symlink', linkname: '/etc/passwd' },
    ]);
    const { skipped, skippedCount } = await reportOf(dataset);
    expect(skipped.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      '../../etc/yes/s1_nohash_7.wav unsafe-path',
      '/yes/s1_nohash_8.wav unsafe-path',
      'no/s2_nohash_0.wav several-labels',
      'yes/noname.wav no-speaker',
      'yes/s1_nohash_1.wav empty',
      'yes/s1_nohash_2.wav unreadable',
      'yes/s1_nohash_3.wav unreadable',
      'yes/s1_nohash_4.wav silent',
      'yes/s1_nohash_6.wav not-audio',
      'yes/s1_nohash_9.wav link',
      'yes/s2_nohash_5.wav several-labels',
    ]);
    expect(skippedCount).toBe(11);
    expect(dataset.metadata['skipped']).toMatchObject({
      count: 11,
      byReason: { empty: 1, link: 1, 'several-labels': 2, unreadable: 2, 'unsafe-path': 2 },
      examples: expect.arrayContaining([
        expect.objectContaining({ path: 'yes/noname.wav', sentence: expect.stringContaining('who speaks') as unknown }),
      ]) as unknown,
    });
    expect(dataset.logs).toContainEqual(
      expect.stringMatching(/^skipped yes\/s1_nohash_2\.wav: it can not be decoded: /),
    );
    expect(dataset.logs.at(-1)).toMatch(
      /^11 files skipped, 23 recordings taken: 1 empty \(it holds no samples\), .*2 unreadable/,
    );
  });

  it('names the first of many files that it skips, and counts the rest', async () => {
    const cut = Array.from({ length: 25 }, (_, at) => ({ path: `yes/c${at}_nohash_0.wav`, content: 'RIFF' }));
    const { logs } = await ingest([...speech(['yes', 'no']), ...cut]);
    expect(logs.filter((line) => line.startsWith('skipped yes/c'))).toHaveLength(20);
    expect(logs).toContain('skipped 5 more; see ingestion-report.json');
  });

  it('fails instead when it is to be strict', async () => {
    const members = [...speech(['yes', 'no']), { path: 'yes/s1_nohash_1.wav', content: '' }];
    await expect(ingest(members, { strict: true })).rejects.toEqual(
      failing('INGESTION_STRICT', /yes\/s1_nohash_1\.wav \(it holds no samples/),
    );
  });

  it.each([
    ['one class', () => tarOf(speech(['yes'])), {}, 'INGESTION_ONE_CLASS', /1 class \(yes\)/],
    ['no recordings', () => tarOf([{ path: 'x/readme.md', content: 'hi' }]), {}, 'INGESTION_LAYOUT_EMPTY', /<word>/],
    [
      'no recordings that can be read',
      () => tarOf(['a', 'b'].map((word) => ({ path: `${word}/s0_nohash_1.wav`, content: 'RIFF, cut' }))),
      {},
      'INGESTION_RECORDINGS_UNREADABLE',
      /none of the 2 recordings could be read: a\/s0_nohash_1\.wav \(it can not be decoded: .*WAV/,
    ],
    [
      'one recording under two labels',
      () => tarOf(['a', 'b'].map((w) => ({ path: `${w}/s0_nohash_1.wav`, content: wavOf(toneOf('a', 's0')) }))),
      {},
      'INGESTION_RECORDINGS_UNUSABLE',
      /none of the 2 recordings/,
    ],
    ['two speakers', () => tarOf(speech(['yes', 'no'], ['a', 'b'])), {}, 'INGESTION_SPEAKERS_FEW', /2 speakers/],
    [
      'a misspelt word',
      () => tarOf(speech(['yes', 'no'])),
      { words: ['yess', 'no'] },
      'INGESTION_WORD_ABSENT',
      /there is 'yes'/,
    ],
    ['incomplete lists', () => tarOf(speech(['yes', 'no'])), { split: 'lists' }, 'INGESTION_LISTS', /not both there/],
    [
      'half a sample',
      () => tarOf(speech(['yes', 'no'])),
      { clipMs: 10.03125, sampleRateHz: 16_001 },
      'INGESTION_PARAMETERS',
      /no whole/,
    ],
    [
      'too much to skip',
      () => tarOf([...speech(['yes', 'no']), { path: 'a/b.wav' }]),
      { maxSkipped: 0 },
      'INGESTION_SKIPPED_TOO_MANY',
      /a\/b\.wav/,
    ],
    [
      'a cut archive',
      async () => (await tarGzOf(speech(['yes', 'no']))).subarray(0, 40_000),
      {},
      'INGESTION_ARCHIVE_TRUNCATED',
      /data\.tar/,
    ],
    ['no archive', async () => Buffer.from('BZh91AY'), {}, 'INGESTION_ARCHIVE_FORMAT', /bzip2/],
  ])('refuses a source with %s', async (_, bytes, parameters, code, message) => {
    const source = await sourceOf(await bytes());
    await expect(runJob(ingestSpeechCommands, folder, { source }, parameters)).rejects.toEqual(failing(code, message));
  });
});

describe('ingest-audio-folders', () => {
  it('reads any rate, channels and length', async () => {
    const members = SPEAKERS.flatMap((speaker) => [
      {
        path: `data/cat/${speaker}_1.wav`,
        content: wavOf(toneOf('cat', speaker, 0, 44_100, 44_100), { rateHz: 44_100 }),
      },
      { path: `data/dog/${speaker}_1.wav`, content: wavOf(toneOf('dog', speaker, 0, 4000), { channels: 2 }) },
      { path: `data/dog/${speaker}_2.flac`, content: flacOf(toneOf('dog', speaker, 1, 80_000)) },
    ]);
    const dataset = await runJob(
      ingestFolders,
      folder,
      { source: await sourceOf(await tarOf(members)) },
      { clipMs: 500 },
    );
    expect(dataset.metadata).toMatchObject({ classes: ['cat', 'dog'], clipMs: 500 });
    const { data, ids } = await clipsOf(dataset, 'train');
    expect(data).toHaveLength(ids.length * 8000);
    expect((await reportOf(dataset)).recordings).toBe(36);
  });
});

describe('ingest-audio-csv', () => {
  it('takes labels, speakers and splits from the file', async () => {
    const rows = SPEAKERS.map((_, at) => `clips/${at}.wav,${at % 2 ? 'on' : 'off'},p${at},${SPLITS[at % 3]}`);
    const clips = SPEAKERS.map((speaker, at) => ({
      path: `clips/${at}.wav`,
      content: wavOf(toneOf('x', speaker, at)),
    }));
    const csv = { path: 'labels.csv', content: ['file,label,speaker,split', ...rows].join('\n') };
    const source = await sourceOf(await tarOf([...clips, csv]));
    const dataset = await runJob(ingestCsv, folder, { source });
    expect(dataset.metadata).toMatchObject({ classes: ['off', 'on'], counts: { train: 4, validation: 4, test: 4 } });
    expect((await clipsOf(dataset, 'validation')).speakers).toEqual(['p1', 'p10', 'p4', 'p7']);
  });

  it('refuses a file without the columns', async () => {
    const source = await sourceOf(await tarOf([{ path: 'labels.csv', content: 'name,class\na,b\n' }]));
    await expect(runJob(ingestCsv, folder, { source })).rejects.toEqual(failing('INGESTION_CSV_COLUMN', /name, class/));
  });
});

describe('partition-audio', () => {
  it('makes the classes of a task: words in order, unknown and silence as shares of each split', async () => {
    const dataset = await ingest(speech(['yes', 'no', 'bed', 'cat', 'dog']));
    const task = await runJob(
      partitionAudio,
      folder,
      { dataset },
      { words: ['yes', 'no'], unknown: { fraction: 0.2 }, silence: { fraction: 0.2 } },
    );
    expect(task.metadata['classes']).toEqual(['yes', 'no', 'unknown', 'silence']);
    for (const split of SPLITS) {
      const { labels, ids, data } = await clipsOf(task, split);
      const count = (label: number): number => labels.filter((one) => one === label).length;
      expect(count(2)).toBe(Math.round((count(0) + count(1)) / 3));
      expect(count(3)).toBe(count(2));
      expect(new Set(ids).size).toBe(ids.length);
      const silent = labels.indexOf(3);
      expect(data.subarray(silent * 16_000, silent * 16_000 + 16_000).some((sample) => sample !== 0)).toBe(true);
    }
  });

  it('gives the same bytes again', async () => {
    const dataset = await ingest(speech(['yes', 'no', 'bed']));
    const parameters = { words: ['yes', 'no'], unknown: { fraction: 0.1 }, silence: { fraction: 0.1 } };
    const [one, two] = [
      await runJob(partitionAudio, folder, { dataset }, parameters),
      await runJob(partitionAudio, folder, { dataset }, parameters),
    ];
    expect((await bytesOf(two)).equals(await bytesOf(one))).toBe(true);
  });

  it.each([
    ['a word that is not there', { words: ['yes', 'nos'] }, 'INGESTION_WORD_ABSENT', /there is 'no'/],
    ['one class', { words: ['yes'] }, 'INGESTION_ONE_CLASS', /1 class/],
    [
      'a class twice',
      { words: ['yes', 'no'], unknown: { fraction: 0.1, name: 'no' } },
      'INGESTION_CLASS_NAMES',
      /'no'/,
    ],
    ['unknown without other words', { unknown: { fraction: 0.1 } }, 'INGESTION_UNKNOWN_EMPTY', /unknown/],
  ])('refuses %s', async (_, parameters, code, message) => {
    const dataset = await ingest(speech(['yes', 'no', 'bed']));
    await expect(runJob(partitionAudio, folder, { dataset }, parameters)).rejects.toEqual(failing(code, message));
  });

  it('refuses silence where there is no noise, and a file that is no data set', async () => {
    const dataset = await ingest(speech(['yes', 'no']).filter(({ path }) => !path.startsWith('_')));
    const silence = { silence: { fraction: 0.1 } };
    await expect(runJob(partitionAudio, folder, { dataset }, silence)).rejects.toEqual(
      failing('INGESTION_NOISE_ABSENT', /noise/),
    );
    const broken = join(folder, 'broken');
    await mkdir(broken);
    await writeFile(join(broken, 'dataset.h5'), 'not HDF5');
    const input = { ...dataset, path: broken };
    await expect(runJob(partitionAudio, folder, { dataset: input })).rejects.toEqual(
      failing('INGESTION_DATASET', /not an HDF5 file/),
    );
  });
});

describe('extract-mfcc', () => {
  it('makes features of each split, and says how', async () => {
    const dataset = await ingest(speech(['yes', 'no']));
    const features = await runJob(extractMfcc, folder, { dataset });
    expect(features.metadata).toMatchObject({
      shape: [1, 40, 32],
      classes: ['no', 'yes'],
      counts: dataset.metadata['counts'],
      preprocessing: { tool: 'extract-mfcc', parameters: { clipMs: 1000, frameMs: 128, mels: 40 } },
    });
    const again = await runJob(extractMfcc, folder, { dataset });
    expect((await bytesOf(again, 'features.h5')).equals(await bytesOf(features, 'features.h5'))).toBe(true);
  });

  it('refuses parameters that do not fit the data set or each other', async () => {
    const dataset = await ingest(speech(['yes', 'no']));
    for (const [parameters, message] of [
      [{ sampleRateHz: 8000 }, /has 16000 Hz/],
      [{ frameMs: 100 }, /power of two/],
      [{ bands: 50 }, /bands/],
    ] as const) {
      await expect(runJob(extractMfcc, folder, { dataset }, parameters)).rejects.toEqual(
        failing('INGESTION_PARAMETERS', message),
      );
    }
  });
});
