/** A node of a network. Attributes: whole numbers, floats, or lists of whole numbers. */
export interface OnnxNode {
  op: string;
  inputs: string[];
  output: string;
  attributes?: Record<string, number | number[] | { float: number }>;
}

export interface OnnxNetwork {
  nodes: OnnxNode[];
  weights: Record<string, { shape: number[]; data: Float32Array }>;
  input: { name: string; shape: number[] };
  output: { name: string; shape: number[] };
  /** metadata_props */
  metadata?: Record<string, string>;
}

/** A network as an ONNX file (IR 8, opset 13): Protocol Buffers by the field numbers of onnx.proto. */
export function encodeOnnx({ nodes, weights, input, output, metadata = {} }: OnnxNetwork): Buffer {
  const graph = [
    ...nodes.map((node) => message(1, nodeOf(node))),
    text(2, 'test'),
    ...Object.entries(weights).map(([name, { shape, data }]) => message(5, tensorOf(name, shape, data))),
    message(11, portOf(input)),
    message(12, portOf(output)),
  ];
  const properties = Object.entries(metadata).map(([key, value]) => message(14, [text(1, key), text(2, value)]));
  return Buffer.concat([whole(1, 8), message(7, graph), message(8, [text(1, ''), whole(2, 13)]), ...properties]);
}

function nodeOf({ op, inputs, output, attributes = {} }: OnnxNode): Buffer[] {
  const list = Object.entries(attributes).map(([name, value]) => message(5, [text(1, name), ...attributeOf(value)]));
  return [...inputs.map((name) => text(1, name)), text(2, output), text(3, `${op}_${output}`), text(4, op), ...list];
}

function attributeOf(value: number | number[] | { float: number }): Buffer[] {
  if (typeof value === 'number') return [whole(3, value), whole(20, 2)];
  if (Array.isArray(value)) return [...value.map((item) => whole(8, item)), whole(20, 7)];
  const float = Buffer.alloc(5);
  float[0] = (2 << 3) | 5;
  float.writeFloatLE(value.float, 1);
  return [float, whole(20, 1)];
}

function tensorOf(name: string, shape: number[], data: Float32Array): Buffer[] {
  const raw = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return [...shape.map((extent) => whole(1, extent)), whole(2, 1), text(8, name), bytes(9, raw)];
}

function portOf({ name, shape }: { name: string; shape: number[] }): Buffer[] {
  const extents = shape.map((extent) => message(1, [whole(1, extent)]));
  return [text(1, name), message(2, [message(1, [whole(1, 1), message(2, extents)])])];
}

function varint(value: number): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    out.push(rest >= 128 ? (rest % 128) | 128 : rest);
    if (rest < 128) return Buffer.from(out);
  }
}

const whole = (field: number, value: number): Buffer => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Buffer): Buffer =>
  Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
const message = (field: number, parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));
