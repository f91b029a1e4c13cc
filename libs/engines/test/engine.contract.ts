import { encodeOnnx, gaussian, keywordNet } from '@sedge/test-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { elementsOf, openEngine, type Engine } from '../src/index.js';

const PREPROCESSING = {
  tool: 'extract-mfcc',
  version: '1',
  parameters: { sampleRateHz: 16000, clipMs: 1000, frameMs: 128, strideMs: 32, bands: 40 },
  normalization: { mean: [], std: [] },
};

/** y = 10 a + 100 b: a result that is known by hand. */
const WEIGHTED_SUM = weightedSum();

/** What every engine must do. */
export function engineContract(name: string): void {
  describe(`engine ${name}`, () => {
    let engine: Engine | null = null;
    const open = async (model: Uint8Array): Promise<Engine> =>
      (engine = await openEngine(name, model, { file: 'm.onnx' }));
    afterEach(async () => {
      await engine?.close();
      engine = null;
    });

    it('names itself and tells what the network takes and gives', async () => {
      const { inputs, outputs, name: given } = await open(keywordNetBytes());
      expect(given).toMatch(/LNE|ONNX Runtime \d/);
      expect(inputs).toMatchObject([{ name: 'input', shape: [1, 1, 40, 32] }]);
      expect(outputs).toMatchObject([{ name: 'logits', shape: [1, 3] }]);
    });

    it('computes what the network says, sample by sample', async () => {
      const opened = await open(WEIGHTED_SUM);
      const [sums] = await opened.run([Float32Array.of(1, 2, 3, 4)], 2);
      expect(Array.from(sums!)).toEqual([1 * 10 + 2 * 100, 3 * 10 + 4 * 100]);
    });

    it('gives equal results for a sample alone and among others', async () => {
      const opened = await open(keywordNetBytes());
      const random = gaussian(5);
      const size = elementsOf(opened.inputs[0]!);
      const data = Float32Array.from({ length: 3 * size }, () => random());
      const [all] = await opened.run([data], 3);
      for (let sample = 0; sample < 3; sample++) {
        const [alone] = await opened.run([data.slice(sample * size, (sample + 1) * size)], 1);
        expect(Array.from(alone!)).toEqual(Array.from(all!.subarray(sample * 3, sample * 3 + 3)));
      }
    });

    it('refuses inputs that do not fit, and says what fits', async () => {
      const opened = await open(keywordNetBytes());
      await expect(opened.run([new Float32Array(7)], 1)).rejects.toMatchObject({
        code: 'ENGINE_INPUT',
        message: expect.stringContaining("'input' takes 1280 values") as string,
      });
      await expect(opened.run([], 1)).rejects.toMatchObject({ code: 'ENGINE_INPUT' });
      await expect(opened.run([new Float32Array(0)], 0)).rejects.toMatchObject({ code: 'ENGINE_INPUT' });
    });

    it('refuses what is no model, naming the file', async () => {
      await expect(open(Buffer.from('no model'))).rejects.toMatchObject({
        code: 'ENGINE_MODEL',
        message: expect.stringContaining('m.onnx') as string,
      });
    });
  });
}

export function keywordNetBytes(): Buffer {
  return keywordNet({ classes: ['yes', 'no', 'other'], preprocessing: PREPROCESSING, shape: [40, 32], seed: 2 }).bytes;
}

function weightedSum(): Buffer {
  return encodeOnnx({
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], output: 'y' }],
    weights: { w: { shape: [2, 1], data: Float32Array.of(10, 100) } },
    input: { name: 'x', shape: [1, 2] },
    output: { name: 'y', shape: [1, 1] },
  });
}
