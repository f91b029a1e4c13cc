import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REFERENCE_PYTHON, runReference } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tool as acquireSource } from '../src/tools/acquire-source.tool.js';
import { tool as extractMfcc } from '../src/tools/extract-mfcc.tool.js';
import { tool as ingestSpeechCommands } from '../src/tools/ingest-speech-commands.tool.js';
import { runJob, type JobResult } from './builders/tool-job.js';

const ARCHIVE = join(import.meta.dirname, '..', '..', '..', 'examples', 'keyword-spotting', 'speech-commands.tar');
/** Of a clip's largest value. */
const TOLERANCE = 1e-3;

/** Reads both files as anyone would, and compares every third clip with librosa's. Prints the worst difference, relative to the clip's largest value. */
const COMPARE = `
import sys, json, numpy as np, h5py, librosa
dataset, features, options = h5py.File(sys.argv[1]), h5py.File(sys.argv[2]), json.loads(sys.argv[3])
worst, count = 0.0, 0
for split in ('train', 'validation', 'test'):
    assert list(dataset[split]['id']) == list(features[split]['id'])
    assert (dataset[split]['label'][:] == features[split]['label'][:]).all()
    for clip, own in zip(dataset[split]['data'][::3], features[split]['data'][::3]):
        y = clip.astype(np.float32) / 32768
        n_mels = options['mels']
        if options['topDb'] == 80:
            wanted = librosa.feature.mfcc(y=y, sr=16000, n_mfcc=40, n_mels=n_mels, n_fft=2048, hop_length=512, center=True,
                                          pad_mode=options['padMode'], htk=False, norm='ortho')
        else:
            mel = librosa.feature.melspectrogram(y=y, sr=16000, n_mels=n_mels, n_fft=2048, hop_length=512, center=True, pad_mode=options['padMode'])
            wanted = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None), n_mfcc=40, norm='ortho')
        assert own.shape == (1,) + wanted.shape
        worst = max(worst, float(np.abs(own[0] - wanted).max() / np.abs(wanted).max()))
        count += 1
print(json.dumps({'worst': worst, 'count': count}))
`;

describe.skipIf(!REFERENCE_PYTHON)('features of real recordings', () => {
  let folder: string;
  let dataset: JobResult;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-mfcc-'));
    const source = await runJob(acquireSource, folder, {}, { from: ARCHIVE });
    dataset = await runJob(ingestSpeechCommands, folder, { source }, { words: ['yes', 'no'] });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([
    { padMode: 'constant', mels: 40, topDb: 80 },
    { padMode: 'reflect', mels: 128, topDb: 80 },
    { padMode: 'constant', mels: 40, topDb: null },
  ])(
    "equal librosa's with %j",
    async (parameters) => {
      const features = await runJob(extractMfcc, folder, { dataset }, parameters);
      const files = [join(dataset.path, 'dataset.h5'), join(features.path, 'features.h5')];
      const { worst, count } = JSON.parse(runReference(COMPARE, [...files, JSON.stringify(parameters)])) as {
        worst: number;
        count: number;
      };
      expect(count).toBeGreaterThan(180);
      expect(worst).toBeLessThanOrEqual(TOLERANCE);
    },
    300_000,
  );
});
