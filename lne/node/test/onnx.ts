/** One field of a protocol-buffers message: number, and whole number, bytes, text or packed floats. */
type Field = [number, number | Uint8Array | string | Float32Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function message(fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
    const bytes =
      typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

const tensor = (name: string, dims: readonly number[], values: Float32Array): Uint8Array =>
  message([...dims.map((dim): Field => [1, dim]), [2, 1], [8, name], [9, values]]);
const integers = (name: string, values: readonly number[]): Uint8Array =>
  message([[1, name], ...values.map((value): Field => [8, value]), [20, 7]]);
const node = (type: string, inputs: readonly string[], output: string, attributes: readonly Uint8Array[]): Uint8Array =>
  message([
    ...inputs.map((input): Field => [1, input]),
    [2, output],
    [3, output],
    [4, type],
    ...attributes.map((attribute): Field => [5, attribute]),
  ]);
const port = (name: string, shape: readonly number[]): Uint8Array => {
  const dims = message(shape.map((extent): Field => [1, message([[1, extent]])]));
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, 1],
            [2, dims],
          ]),
        ],
      ]),
    ],
  ]);
};

/** Numbers that differ, without chance. */
const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) / 3);

/** Convolution 3x3 with ReLU, mean over the picture, fully connected: input [1, 2, 9, 7], output [1, 5]. */
export function smallModel(
  options: { operator: string; metadata: string } = { operator: 'Relu', metadata: '' },
): Buffer {
  const graph = message([
    [1, node('Conv', ['input', 'w', 'b'], 'conv', [integers('kernel_shape', [3, 3]), integers('pads', [1, 1, 1, 1])])],
    [1, node(options.operator, ['conv'], 'active', [])],
    [1, node('GlobalAveragePool', ['active'], 'mean', [])],
    [1, node('Flatten', ['mean'], 'flat', [])],
    [1, node('Gemm', ['flat', 'v', 'c'], 'scores', [])],
    [2, 'small'],
    [5, tensor('w', [8, 2, 3, 3], numbers(144, 1))],
    [5, tensor('b', [8], numbers(8, 2))],
    [5, tensor('v', [8, 5], numbers(40, 3))],
    [5, tensor('c', [5], numbers(5, 4))],
    [11, port('input', [1, 2, 9, 7])],
    [12, port('scores', [1, 5])],
  ]);
  const entry = message([
    [1, 'sedge'],
    [2, options.metadata],
  ]);
  const fields: Field[] = [
    [1, 8],
    [7, graph],
    [8, message([[2, 13]])],
  ];
  if (options.metadata !== '') fields.push([14, entry]);
  return Buffer.from(message(fields));
}

export const smallInput = (seed = 5): Float32Array => numbers(2 * 9 * 7, seed);
