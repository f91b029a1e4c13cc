import { canonicalJson, type ModelMetadata, type Preprocessing } from '@sedge/artifact-contracts';
import { encodeOnnx, type OnnxNode, type OnnxNetwork } from './onnx-model.js';

export interface KeywordNetOptions {
  classes: string[];
  preprocessing: Preprocessing;
  /** [band, frame] */
  shape: [number, number];
  channels?: number;
  /** convolutions of 3 x 3 after the first */
  depth?: number;
  endsInSoftmax?: boolean;
  /** whether the file itself says how it is used */
  isSelfDescribing?: boolean;
  seed?: number;
}

/** What an untrained net's front end is where no test asks for another; the numbers are those of the shipped example. */
export const KEYWORD_PREPROCESSING = {
  tool: 'extract-mfcc',
  version: '1',
  parameters: {
    ...{ sampleRateHz: 16000, clipMs: 1000, frameMs: 128, strideMs: 32, bands: 40, mels: 40 },
    ...{ padMode: 'constant', topDb: null, htk: false, norm: 'ortho' },
  },
  normalization: { mean: Array<number>(40).fill(-3.5), std: Array<number>(40).fill(20) },
} satisfies Preprocessing;

/** A small untrained convolutional network with batch norm, as the training tool exports them, and what is known of it. */
export function keywordNet(options: KeywordNetOptions): { bytes: Buffer; metadata: ModelMetadata } {
  const { classes, preprocessing, shape, endsInSoftmax = false, isSelfDescribing = true } = options;
  const network = layersOf(options);
  const metadata: ModelMetadata = {
    name: 'test net',
    classes,
    input: { name: 'input', shape: [1, 1, ...shape], layout: 'NCHW', dtype: 'float32' },
    output: { kind: endsInSoftmax ? 'softmax' : 'logits' },
    preprocessing,
  };
  const { input, output } = metadata;
  const use = canonicalJson({ classes, input, output, preprocessing });
  const bytes = encodeOnnx({ ...network, metadata: isSelfDescribing ? { sedge: use } : {} });
  return { bytes, metadata: { ...metadata, sizeBytes: bytes.length } };
}

function layersOf(options: KeywordNetOptions): OnnxNetwork {
  const { classes, shape, channels = 16, depth = 2, endsInSoftmax = false, seed = 1 } = options;
  const random = gaussian(seed);
  const nodes: OnnxNode[] = [];
  const weights: OnnxNetwork['weights'] = {};
  const weight = (name: string, extents: number[], scale: number, centre = 0): string => {
    const count = extents.reduce((product, extent) => product * extent, 1);
    weights[name] = { shape: extents, data: Float32Array.from({ length: count }, () => centre + scale * random()) };
    return name;
  };
  let last = 'input';
  for (let layer = 0; layer <= depth; layer++) {
    const from = layer === 0 ? 1 : channels;
    const kernel = weight(`w${layer}`, [channels, from, 3, 3], Math.sqrt(2 / (9 * from)));
    const strides = layer === 0 ? [2, 2] : [1, 1];
    const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides };
    nodes.push({ op: 'Conv', inputs: [last, kernel], output: `conv${layer}`, attributes: window });
    const norm = ['scale', 'shift', 'mean'].map((name, i) =>
      weight(`${name}${layer}`, [channels], 0.1, i === 0 ? 1 : 0),
    );
    const variance = weight(`variance${layer}`, [channels], 0, 1);
    nodes.push({
      op: 'BatchNormalization',
      inputs: [`conv${layer}`, ...norm, variance],
      output: `norm${layer}`,
      attributes: { epsilon: { float: 1e-5 } },
    });
    last = `relu${layer}`;
    nodes.push({ op: 'Relu', inputs: [`norm${layer}`], output: last });
  }
  const matrix = weight('fc', [classes.length, channels], 1);
  const bias = weight('bias', [classes.length], 0.1);
  nodes.push({ op: 'GlobalAveragePool', inputs: [last], output: 'pooled' });
  nodes.push({ op: 'Flatten', inputs: ['pooled'], output: 'flat' });
  nodes.push({ op: 'Gemm', inputs: ['flat', matrix, bias], output: 'logits', attributes: { transB: 1 } });
  if (endsInSoftmax) nodes.push({ op: 'Softmax', inputs: ['logits'], output: 'scores', attributes: { axis: 1 } });
  const output = { name: endsInSoftmax ? 'scores' : 'logits', shape: [1, classes.length] };
  return { nodes, weights, input: { name: 'input', shape: [1, 1, ...shape] }, output };
}

/** Normally distributed numbers, the same for the same seed anywhere: the sum of twelve uniform ones, less six. */
export function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value, -6);
}
