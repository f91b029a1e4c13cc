import { gaussian } from '@sedge/test-kit';
import { describe, expect, it } from 'vitest';
import { ENGINE_NAMES, openEngine } from '../src/index.js';
import { engineContract, keywordNetBytes } from './engine.contract.js';

for (const name of ENGINE_NAMES) engineContract(name);

describe('openEngine', () => {
  it('agrees between its engines within rounding', async () => {
    const random = gaussian(8);
    const data = Float32Array.from({ length: 4 * 1280 }, () => 3 * random());
    const results = await Promise.all(
      ENGINE_NAMES.map(async (name) => {
        const engine = await openEngine(name, keywordNetBytes(), { file: 'm.onnx' });
        const [scores] = await engine.run([data], 4);
        await engine.close();
        return scores!;
      }),
    );
    const largest = Math.max(...results[0]!.map(Math.abs));
    results[0]!.forEach((score, i) => expect(Math.abs(score - results[1]![i]!) / largest).toBeLessThan(1e-5));
  });

  it('names the engines that there are', async () => {
    await expect(openEngine('tensorflow', keywordNetBytes(), { file: 'm.onnx' })).rejects.toMatchObject({
      code: 'ENGINE_UNKNOWN',
      message: "there is no engine 'tensorflow'; choose onnxruntime or lne",
    });
  });
});
