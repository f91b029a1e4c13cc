import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlacDecoder, wavFile, type RecordingAudio } from '@sedge/audio';
import { keywordNet, shippedRecordings, type ShippedRecording } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.js';
import { toneWav } from './tone-wav.js';

const PATIENT = { timeout: 600_000 };
const CLASSES = ['yes', 'no', 'it’s "quoted"'];
const PREPROCESSING = {
  tool: 'extract-mfcc',
  version: '1',
  parameters: {
    sampleRateHz: 16000,
    clipMs: 1000,
    frameMs: 128,
    strideMs: 32,
    bands: 40,
    mels: 40,
    padMode: 'constant',
    topDb: null,
    htk: false,
    norm: 'ortho',
  },
};

interface Prediction {
  file: string;
  label: string;
  score: number;
  scores: Record<string, number>;
}

describe('deploy and predict', PATIENT, () => {
  let sandbox: Sandbox;
  let application: { id: string; path: string };

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    const net = { classes: CLASSES, preprocessing: PREPROCESSING, shape: [40, 32] as [number, number] };
    await sandbox.file('model.onnx', keywordNet(net).bytes);
    await sandbox.file('bare.onnx', keywordNet({ ...net, isSelfDescribing: false }).bytes);
    await sandbox.file('preprocessing.json', JSON.stringify(PREPROCESSING));
    await sandbox.file('low.wav', toneWav(200, 1));
    await sandbox.file('high.wav', toneWav(3000, 1));
    await sandbox.file('lying.wav', toneWav(200, 1).subarray(0, 30));
    await sandbox.up();
  }, PATIENT.timeout);
  afterAll(() => sandbox.remove());

  it('makes an application of a model file that says how it is used', async () => {
    const deployed = await sandbox.sedge('deploy', 'model.onnx', '--to', 'app', '--json');
    expect({ code: deployed.code, stderr: deployed.stderr }).toEqual({ code: 0, stderr: '' });
    const outcome = deployed.json.at(-1)!;
    application = outcome['application'] as typeof application;
    expect(application).toMatchObject({ id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(outcome['program']).toMatchObject({ path: expect.stringContaining('folders') });
  });

  it('hands out the sources for a processor that this machine does not build for, and says how to', async () => {
    const target = process.arch === 'arm64' ? 'x86-64-v3' : 'aarch64';
    const deployed = await sandbox.sedge('deploy', 'model.onnx', '--target', target, '--to', './for board');
    expect({ code: deployed.code, stderr: deployed.stderr }).toEqual({ code: 0, stderr: '' });
    const build = `cmake -S './for board' -B './for board/build' -DCMAKE_TOOLCHAIN_FILE=toolchains/${target}.cmake`;
    expect(deployed.stdout).toContain(build);
    expect(deployed.stdout).not.toMatch(/Try it|predict/);
    const [, id] = /Application +\S+\n +(sha256:\w+)/.exec(deployed.stdout)!;
    const refused = await sandbox.sedge('predict', id!, 'low.wav');
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`is for ${target}`)]);
    for (const file of ['CMakeLists.txt', `toolchains/${target}.cmake`]) {
      expect(existsSync(sandbox.path('for board', file)), file).toBe(true);
    }
  });

  it('recognizes recordings by the application: a label verbatim, scores that sum to 1', async () => {
    const ended = await sandbox.sedge('predict', application.id, 'low.wav', 'high.wav', '--json');
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
    const predictions = ended.json as unknown as Prediction[];
    expect(predictions.map(({ file }) => file)).toEqual(['low.wav', 'high.wav']);
    for (const { label, score, scores } of predictions) {
      expect(Object.keys(scores)).toEqual(CLASSES);
      expect(CLASSES).toContain(label);
      expect(scores[label]).toBe(score);
      expect(score).toBe(Math.max(...Object.values(scores)));
      expect(Object.values(scores).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    }
    expect(predictions[0]!.scores).not.toEqual(predictions[1]!.scores);
  });

  it('goes on past files that can not be read, and ends with 3', async () => {
    const files = ['absent.wav', 'low.wav', 'lying.wav', 'high.wav'];
    const ended = await sandbox.sedge('predict', application.path, ...files, '--json');
    expect(ended.code).toBe(3);
    expect(ended.json.map((line) => line['file'])).toEqual(files);
    expect(ended.json.map((line) => typeof line['error'])).toEqual(['string', 'undefined', 'string', 'undefined']);
    const told = await sandbox.sedge('predict', 'app', 'low.wav', 'absent.wav');
    expect(told.code).toBe(3);
    expect(told.stdout).toMatch(/low\.wav +\S.* %/);
    expect(told.stdout).toMatch(/absent\.wav +— +there is no such file/);
    const none = await sandbox.sedge('predict', 'app', '.', '--json');
    expect([none.code, none.json]).toEqual([3, [{ file: '.', error: 'it is a folder' }]]);
  });

  it('takes FLAC as it takes the WAV of the same samples, and tells a damaged one', async () => {
    const [{ bytes }] = shippedRecordings(1) as [ShippedRecording];
    await sandbox.file('real.flac', bytes);
    await sandbox.file('named-otherwise.wav', bytes);
    await sandbox.file('real.wav', wavFile(new FlacDecoder().decode(bytes, 60_000) as RecordingAudio));
    await sandbox.file('cut.flac', bytes.subarray(0, bytes.length / 2));
    const files = ['real.flac', 'cut.flac', 'real.wav', 'named-otherwise.wav'];
    const ended = await sandbox.sedge('predict', application.path, ...files, '--json');
    expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 3, stderr: '' });
    expect(ended.json.map((line) => line['file'])).toEqual(files);
    const [flac, cut, wav, misnamed] = ended.json;
    expect(cut!['error']).toMatch(/no sound FLAC file/);
    expect(flac!['scores']).toEqual(wav!['scores']);
    expect(misnamed!['scores']).toEqual(wav!['scores']);
    expect((await sandbox.sedge('predict', application.path, 'cut.flac', '--json')).json).toMatchObject([
      { file: 'cut.flac' },
    ]);
  });

  it('refuses a model that does not say how it is used, unless the user says it', async () => {
    const refused = await sandbox.sedge('deploy', 'bare.onnx');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('the model carries no classes and no preprocessing');
    expect(refused.stdout).toContain('--classes yes,no,stop --preprocessing FILE.json');
    const classes = ['--classes', 'a,b,c', '--preprocessing', 'preprocessing.json'];
    const deployed = await sandbox.sedge('deploy', 'bare.onnx', ...classes, '--json');
    expect(deployed.code).toBe(0);
    const { id } = deployed.json.at(-1)!['application'] as { id: string };
    const predicted = await sandbox.sedge('predict', id.slice(7, 19), 'low.wav', '--json');
    expect(Object.keys(predicted.json[0]!['scores'] as object)).toEqual(['a', 'b', 'c']);
    const taken = await sandbox.sedge('deploy', 'model.onnx', '--to', 'app');
    expect(taken.code).toBe(2);
    expect(taken.stderr).toContain("'app' is not empty");
  });

  it('deploys by the example that its help gives, and says of each mistake in it what to write', async () => {
    const { stdout: help } = await sandbox.sedge('deploy', '--help');
    const example = /\n  (\{\n[^]*?\n  \})/.exec(help)![1]!;
    await sandbox.file('example.json', example);
    const options = ['--classes', 'a,b,c', '--preprocessing'];
    const deployed = await sandbox.sedge('deploy', 'bare.onnx', ...options, 'example.json', '--json');
    expect({ code: deployed.code, stderr: deployed.stderr }).toEqual({ code: 0, stderr: '' });
    const { path } = deployed.json.at(-1)!['application'] as { path: string };
    expect((await sandbox.sedge('predict', path, 'low.wav', '--json')).code).toBe(0);
    const mistakes: [string, string, RegExp][] = [
      ['"extract-mfcc"', '"extract-mfc"', /no tool 'extract-mfc' makes features\n +did you mean 'extract-mfcc'\?/],
      ['"frameMs"', '"frameMS"', /no parameter 'frameMS'\n +did you mean 'frameMs'\?/],
      ['"clipMs": 1000, ', '', /'clipMs' of the tool 'extract-mfcc' is missing/],
      ['40 }', '"40" }', /'bands' of the tool 'extract-mfcc' must be of type integer/],
      ['"parameters"', '"parametres"', /no field 'parametres'\n +did you mean 'parameters'\?/],
      ['"tool": "extract-mfcc",', '"tool": "extract-mfcc", "version": "7",', /in version 1 only/],
      ['{', '[', /it is no JSON/],
    ];
    for (const [right, wrong, message] of mistakes) {
      await sandbox.file('wrong.json', example.replace(right, wrong));
      const refused = await sandbox.sedge('deploy', 'bare.onnx', ...options, 'wrong.json');
      expect(refused).toMatchObject({ code: 2, stdout: '' });
      expect(refused.stderr).toMatch(message);
    }
  });

  it('starts a project from folders of recordings: the workflow it writes is right', async () => {
    for (const [name, hertz] of [
      ['yes', 300],
      ['on', 600],
      ['1', 900],
    ] as const) {
      await mkdir(sandbox.path('recordings', name), { recursive: true });
      for (const speaker of ['ann', 'bob', 'cy']) {
        await writeFile(sandbox.path('recordings', name, `${speaker}_1.wav`), toneWav(hertz, 1));
      }
    }
    const made = await sandbox.sedge('init', 'my-words', '--from', './recordings', '--json');
    const classes = ['1', 'on', 'yes'].map((name) => ({ name, recordings: 3, train: 1, validation: 1, test: 1 }));
    expect(made.json[0]).toMatchObject({ classes });
    const plan = await sandbox.sedge('plan', 'my-words/workflow.yml', '--json');
    expect({ code: plan.code, stderr: plan.stderr }).toEqual({ code: 0, stderr: '' });
    expect(plan.json[0]).toMatchObject({ workflow: 'my-words', counts: { reuse: 1, run: 1 } });
    const few = sandbox.path('few');
    for (const name of ['yes', 'on', '1']) {
      await mkdir(join(few, name), { recursive: true });
      await writeFile(join(few, name, 'clip.wav'), toneWav(400, 1));
    }
    const refused = await sandbox.sedge('init', 'too-few', '--from', few);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /too few: nothing would be left to train on of \S+, \S+: [^]*record more: each class/,
    );
    expect(existsSync(sandbox.path('too-few'))).toBe(false);
    const again = await sandbox.sedge('init', 'my-words', '--from', './recordings');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is there already');
    await writeFile(sandbox.path('afile'), '');
    const below = await sandbox.sedge('init', 'afile', '--from', './recordings');
    expect([below.code, below.stderr]).toEqual([2, expect.stringContaining('is a file')]);
  });
});
