import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { FlacDecoder, isUnusable, wavFile } from '@sedge/audio';
import { ApplicationRun, ENGINE_NAMES } from '@sedge/engines';
import {
  KEYWORD_PREPROCESSING,
  keywordNet,
  runBuiltinTool,
  shippedRecordings,
  type ToolRunRequest,
} from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tool as buildApplication } from '../src/tools/build-application.tool.js';
import { tool as deployApplication } from '../src/tools/deploy-application.tool.js';

type Input = ToolRunRequest['inputs'][string];

const APPLICATION = `application: two-networks
modules:
  - { id: sound, use: wav, with: { from: model.onnx } }
  - { id: mfcc, use: mfcc, in: sound, with: { from: model.onnx } }
  - { id: features, use: normalize, in: mfcc, with: { from: model.onnx } }
  - { id: wake, use: network, in: features, with: { model: model.onnx } }
  - { id: heard, use: softmax, in: wake }
  - { id: awake, use: threshold, in: heard, with: { class: word, atLeast: BOUND } }
  - { id: command, use: network, in: features, when: awake, with: { model: second.onnx } }
  - { id: word, use: softmax, in: command }
outputs: [heard, word]
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'application-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function modelInput(name: string, classes: string[], seed: number): Promise<Input> {
  const net = keywordNet({ classes, preprocessing: KEYWORD_PREPROCESSING, shape: [40, 32], seed });
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'model.onnx'), net.bytes);
  return { path, kind: 'model', metadata: { ...net.metadata } };
}

async function sourceInput(text: string): Promise<Input> {
  const path = await mkdtemp(join(folder, 'source-'));
  await writeFile(join(path, 'source'), text);
  return { path, kind: 'source', metadata: { name: 'two.yml', format: 'file', sizeBytes: text.length } };
}

const ownFolder = (): Promise<string> => mkdtemp(join(folder, 'run-'));

/** Real keyword clips, as samples in [-1, 1) of one second. */
function clips(count: number): Float32Array[] {
  const decoder = new FlacDecoder();
  return shippedRecordings(count).map(({ bytes }) => {
    const audio = decoder.decode(bytes, 2000);
    if (isUnusable(audio)) throw new Error('a shipped recording can not be read');
    return Float32Array.from({ length: 16000 }, (_, i) => (audio.samples[i] ?? 0) / 32768);
  });
}

describe('deploy-application', { timeout: 240_000 }, () => {
  it('gives a program that agrees with both engines on real clips, conditions included', async () => {
    const models = {
      model: await modelInput('wake', ['word', 'other'], 2),
      second: await modelInput('command', ['yes', 'no', 'go'], 4),
    };
    const read = (path: string): Promise<Buffer> =>
      readFile(join(models[path === 'model.onnx' ? 'model' : 'second'].path, 'model.onnx'));
    const open = (text: string, engine: string): Promise<ApplicationRun> =>
      ApplicationRun.open(text, { file: 'two.yml', read, engine });
    const sounds = clips(6);
    const listening = await open(APPLICATION.replace('BOUND', '0'), 'onnxruntime');
    const shares: number[] = [];
    for (const sound of sounds) shares.push((await listening.run([sound]))[0]!.data![0]!);
    await listening.close();
    const text = APPLICATION.replace('BOUND', String(boundWithin(shares)));
    const deployed = await runBuiltinTool(deployApplication, {
      folder: await ownFolder(),
      inputs: { application: await sourceInput(text), ...models },
    });
    const built = await runBuiltinTool(buildApplication, {
      folder: await ownFolder(),
      inputs: { application: deployed.outputs['application']! },
    });
    expect(built.outputs['program']!.metadata['selfTest']).toMatchObject({ passed: true, bitwise: true, vectors: 4 });
    const printed = await recognize(join(built.outputs['program']!.path, 'app'), sounds);
    for (const engine of ENGINE_NAMES) {
      const run = await open(text, engine);
      for (const [i, sound] of sounds.entries()) {
        for (const { value, data } of await run.run([sound])) {
          const scores = printed[i]!.outputs[value.name]?.scores ?? null;
          if (data === null || scores === null) expect([data, scores]).toEqual([null, null]);
          else
            value.classes.forEach((name, k) =>
              expectNear(Math.fround(scores[name]!), data[k]!, engine === 'lne' ? 0 : 1e-4),
            );
        }
      }
      await run.close();
    }
    const woken = printed.filter(({ outputs }) => outputs['word'] !== null).length;
    expect(woken).toBeGreaterThan(0);
    expect(woken).toBeLessThan(sounds.length);
  });

  it('refuses a file that is wrong by its line, and a model that was not given', async () => {
    const model = await modelInput('wake', ['word', 'other'], 2);
    const deploy = async (text: string): Promise<unknown> =>
      runBuiltinTool(deployApplication, {
        folder: await ownFolder(),
        inputs: { application: await sourceInput(text), model },
      });
    await expect(deploy(APPLICATION.replace('use: softmax, in: wake', 'use: sotfmax, in: wake'))).rejects.toMatchObject(
      {
        code: 'DEPLOY_APPLICATION_FILE',
        message: expect.stringContaining("names 'second.onnx'; there is model.onnx") as string,
      },
    );
    const alone = APPLICATION.split('  - { id: command')[0]!;
    await expect(deploy(alone.replace('use: softmax, in: wake', 'use: sotfmax, in: wake'))).rejects.toMatchObject({
      code: 'DEPLOY_APPLICATION_REFUSED',
      message: expect.stringMatching(
        /two\.yml:7:5: module 'heard': there is no module 'sotfmax'; did you mean 'softmax'/,
      ) as string,
    });
  });
});

/** A bound that some clips reach and some do not, as far from all of them as can be. */
function boundWithin(shares: readonly number[]): number {
  const sorted = [...shares].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((share, i) => share - sorted[i]!);
  const widest = gaps.indexOf(Math.max(...gaps));
  return (sorted[widest]! + sorted[widest + 1]!) / 2;
}

function expectNear(got: number, wanted: number, bound: number): void {
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(bound);
}

interface Printed {
  outputs: Record<string, { scores: Record<string, number> } | null>;
}

async function recognize(program: string, sounds: readonly Float32Array[]): Promise<Printed[]> {
  const files: string[] = [];
  for (const [i, sound] of sounds.entries()) {
    files.push(join(folder, `${i}.wav`));
    await writeFile(
      files[i]!,
      wavFile({ samples: Int16Array.from(sound, (sample) => sample * 32768), sampleRateHz: 16000 }),
    );
  }
  const { stdout } = await promisify(execFile)(program, ['--json', ...files]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Printed);
}
