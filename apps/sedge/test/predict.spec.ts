import { mkdir, writeFile } from 'node:fs/promises';
import { keywordNet } from '@sedge/test-kit';
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
    expect(told.stdout).toMatch(/absent\.wav +—/);
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
    const classes = ['1', 'on', 'yes'].map((name) => ({ name, recordings: 3 }));
    expect(made.json[0]).toMatchObject({ classes });
    const plan = await sandbox.sedge('plan', 'my-words/workflow.yml', '--json');
    expect({ code: plan.code, stderr: plan.stderr }).toEqual({ code: 0, stderr: '' });
    expect(plan.json[0]).toMatchObject({ workflow: 'my-words', counts: { reuse: 1, run: 1 } });
    const again = await sandbox.sedge('init', 'my-words', '--from', './recordings');
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('is there already');
  });
});
