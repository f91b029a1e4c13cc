import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { LneError, importNetwork, operators, type Network } from '../src/index.js';
import { smallInput, smallModel } from './onnx.js';

const load = (bytes: Uint8Array = smallModel()): Promise<Network> =>
  importNetwork(bytes, { file: 'small.onnx', plan: null });

describe('a network', () => {
  it('computes what ONNX Runtime computes', async () => {
    const session = await InferenceSession.create(smallModel());
    const network = await load();
    expect(network.inputs).toEqual([{ name: 'input', shape: [1, 2, 9, 7] }]);
    expect(network.outputs).toEqual([{ name: 'scores', shape: [1, 5] }]);
    for (const seed of [1, 2, 3]) {
      const input = smallInput(seed);
      const wanted = await session.run({ input: new Tensor('float32', input, [1, 2, 9, 7]) });
      const [scores] = network.run([input]);
      const reference = wanted['scores']!.data as Float32Array;
      const largest = Math.max(...reference.map(Math.abs));
      expect(Math.max(...reference.map((value, i) => Math.abs(value - scores![i]!)))).toBeLessThan(1e-5 * largest);
    }
    await session.release();
  });

  it('gives the same in a batch, timed, and from a buffer that is not aligned', async () => {
    const network = await load();
    const inputs = [smallInput(1), smallInput(2)];
    const single = inputs.flatMap((input) => Array.from(network.run([input])[0]!));
    const batch = Float32Array.from(inputs.flatMap((input) => Array.from(input)));
    expect(Array.from(await network.runBatch(batch))).toEqual(single);
    const shifted = new Float32Array(batch.length + 1);
    shifted.set(batch, 1);
    expect(Array.from(network.run([shifted.subarray(1, 127)])[0]!)).toEqual(single.slice(0, 5));
    const times = await network.timeRuns([smallInput()], 7, 2);
    expect(times).toHaveLength(7);
    expect(times.every((time) => time > 0)).toBe(true);
  });

  it('describes itself', async () => {
    const metadata = { classes: ['a', 'b', 'c', 'd', 'ü'] };
    const network = await load(smallModel({ operator: 'Relu', metadata: JSON.stringify(metadata) }));
    expect(network.metadata).toEqual(metadata);
    expect((await load()).metadata).toBeNull();
    expect((await load(smallModel({ operator: 'Relu', metadata: 'no JSON' }))).metadata).toBeNull();
    const { arenaBytes, arenaLowerBoundBytes, multiplyAdds } = network.footprint;
    expect(arenaBytes).toBeGreaterThanOrEqual(arenaLowerBoundBytes);
    expect(multiplyAdds).toBe(9 * 7 * 9 * 2 * 8 + 8 * 5);
    const report = (await network.report(2)) as { layers: { medianUs: number }[] };
    expect(report.layers.every(({ medianUs }) => medianUs >= 0)).toBe(true);
    const again = await importNetwork(smallModel(), { file: 'small.onnx', plan: network.plan });
    expect(again.plan).toBe(network.plan);
    expect(operators().onnx.map(({ name }) => name)).toContain('conv');
    expect(operators().caffe.map(({ type }) => type)).toContain('Convolution');
    expect(operators().libraries.map(({ plugin }) => plugin)).toContain('openblas');
  });

  it('generates equal programs', async () => {
    const options = { name: 'small', goldenInputs: [smallInput()], metadata: null };
    const first = await (await load()).generate(options);
    const second = await (await load()).generate(options);
    expect([...first.keys()]).toContain('CMakeLists.txt');
    expect(second).toEqual(first);
  });

  it('is planned with the plugins that are named, and says which there are', async () => {
    const plannedWith = (...plugins: string[]): Promise<Network> =>
      importNetwork(smallModel(), { file: 'small.onnx', plan: null, plugins });
    const { layers } = JSON.parse((await plannedWith('core')).plan) as { layers: { primitive: string }[] };
    expect(layers.every(({ primitive }) => primitive.startsWith('core.'))).toBe(true);
    await expect(plannedWith('turbo')).rejects.toMatchObject({
      code: 'LNE_PLUGIN',
      message: expect.stringMatching(/core, vector.*over libraries .*openblas/) as string,
    });
    const numbers = { file: 'small.onnx', plan: null, plugins: [7] as never };
    await expect(importNetwork(smallModel(), numbers)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
  });

  it('refuses wrong inputs and options', async () => {
    const network = await load();
    const refuse = (call: () => unknown, code: string): void => {
      expect(call).toThrow(expect.objectContaining({ name: 'LneError', code }));
    };
    refuse(() => network.run([]), 'LNE_INPUT');
    refuse(() => network.run([new Float32Array(3)]), 'LNE_INPUT');
    refuse(() => network.run([smallInput().fill(Number.NaN)]), 'LNE_NOT_FINITE');
    refuse(() => network.run(smallInput() as never), 'LNE_ARGUMENT');
    refuse(() => network.run([[1, 2]] as never), 'LNE_ARGUMENT');
    await expect(network.runBatch(new Float32Array(125))).rejects.toMatchObject({ code: 'LNE_INPUT' });
    await expect(network.timeRuns([smallInput()], -1, 0)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    await expect(network.report(0.5)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    const elsewhere = { file: 'small.onnx', plan: null, target: 'pdp-11' };
    await expect(importNetwork(smallModel(), elsewhere)).rejects.toMatchObject({ code: 'LNE_TARGET' });
    await expect(importNetwork(smallModel(), { file: 'a', plan: '{' })).rejects.toMatchObject({
      code: 'LNE_PLAN_BROKEN',
    });
  });

  it('refuses what is no model, with every problem', async () => {
    await expect(load(Buffer.from('no model'))).rejects.toMatchObject({ name: 'LneError' });
    await expect(load(new Uint8Array())).rejects.toMatchObject({ name: 'LneError' });
    await expect(load(7 as never)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    const error: unknown = await load(smallModel({ operator: 'Frobnicate', metadata: '' })).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'LNE_ONNX_OPERATOR', message: expect.stringContaining('Frobnicate') });
    expect((error as LneError).problems).toHaveLength(1);
  });

  it('answers any bytes with a network or a code', async () => {
    const seed = smallModel();
    const mutation = fc.record({
      cut: fc.option(fc.nat(seed.length), { freq: 4 }),
      edits: fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
    });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(mutation, async ({ cut, edits }) => {
        const bytes = Buffer.from(seed);
        for (const [at, value] of edits) bytes[at] = value;
        try {
          const network = await load(bytes.subarray(0, cut ?? seed.length));
          if (network.inputs.length === 1 && network.inputs[0]!.shape.join() === '1,2,9,7') network.run([smallInput()]);
        } catch (error) {
          if (!(error instanceof LneError)) throw error;
          refused++;
        }
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
