import type { BitReader } from './bit-reader.js';
import { FlacFlaw } from './flac-flaw.js';

/** Coefficients of the fixed predictors, for the latest sample first. */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

/**
 * Reads one channel of a frame into `target`.
 * @param bits of a sample, one more for a channel of differences
 * @see RFC 9639 §9.2
 */
export function readSubframe(reader: BitReader, target: Int32Array, bits: number): void {
  if (reader.bits(1) !== 0) throw new FlacFlaw('a subframe does not begin as one');
  const type = reader.bits(6);
  const wasted = reader.bits(1) === 1 ? reader.unary() + 1 : 0;
  const width = bits - wasted;
  if (width < 1) throw new FlacFlaw('a subframe has no bits');
  readSamples(reader, target, type, width);
  if (wasted > 0) for (let at = 0; at < target.length; at++) target[at]! <<= wasted;
}

function readSamples(reader: BitReader, target: Int32Array, type: number, width: number): void {
  if (type === 0) {
    target.fill(reader.signed(width));
  } else if (type === 1) {
    readPlain(reader, target, target.length, width);
  } else if (type >= 8 && type <= 12) {
    const order = type - 8;
    readPlain(reader, target, order, width);
    readResidual(reader, target, order);
    predict(target, FIXED[order]!, 0, true);
  } else if (type >= 32) {
    readLinear(reader, target, type - 31, width);
  } else {
    throw new FlacFlaw(`subframes of the type ${type} do not exist`);
  }
  reader.assertWithin();
}

function readPlain(reader: BitReader, target: Int32Array, count: number, width: number): void {
  if (count > target.length) throw new FlacFlaw('a predictor is longer than its block');
  for (let at = 0; at < count; at++) target[at] = reader.signed(width);
}

function readLinear(reader: BitReader, target: Int32Array, order: number, width: number): void {
  readPlain(reader, target, order, width);
  const precision = reader.bits(4) + 1;
  if (precision === 16) throw new FlacFlaw('a precision is not allowed');
  const shift = reader.signed(5);
  if (shift < 0) throw new FlacFlaw('a shift is negative');
  const coefficients = Array.from({ length: order }, () => reader.signed(precision));
  readResidual(reader, target, order);
  const isNarrow = width + precision + Math.ceil(Math.log2(order)) <= 32;
  predict(target, coefficients, shift, isNarrow);
}

/** Residuals in partitions of equal size, each with a Rice parameter of its own. */
function readResidual(reader: BitReader, target: Int32Array, order: number): void {
  const method = reader.bits(2);
  if (method > 1) throw new FlacFlaw(`residuals of the method ${method} do not exist`);
  const parameterBits = method === 0 ? 4 : 5;
  const escape = method === 0 ? 15 : 31;
  const partitions = 2 ** reader.bits(4);
  const size = target.length / partitions;
  if (!Number.isInteger(size) || size < order) throw new FlacFlaw('partitions do not fit their block');
  for (let partition = 0; partition < partitions; partition++) {
    const from = partition === 0 ? order : partition * size;
    const to = (partition + 1) * size;
    const parameter = reader.bits(parameterBits);
    if (parameter !== escape) {
      reader.rice(target, from, to, parameter);
      continue;
    }
    const width = reader.bits(5);
    for (let at = from; at < to; at++) target[at] = width === 0 ? 0 : reader.signed(width);
    reader.assertWithin();
  }
}

/** Adds to each residual what the samples before it predict. @param isNarrow whether sums fit 32 bits */
function predict(target: Int32Array, coefficients: number[], shift: number, isNarrow: boolean): void {
  const order = coefficients.length;
  const weights = Int32Array.from(coefficients);
  if (!isNarrow) return predictWide(target, weights, shift);
  if (order > UNROLLED) return predictFrom(order, target, weights, shift, target.length);
  predictFrom(order, target, weights, shift, Math.min(UNROLLED, target.length));
  predictUnrolled(target, weights, shift);
}

function predictWide(target: Int32Array, weights: Int32Array, shift: number): void {
  const divisor = 2 ** shift;
  for (let at = weights.length; at < target.length; at++) {
    let sum = 0;
    for (let back = 0; back < weights.length; back++) sum += weights[back]! * target[at - 1 - back]!;
    target[at]! += Math.floor(sum / divisor);
  }
}

function predictFrom(from: number, target: Int32Array, weights: Int32Array, shift: number, to: number): void {
  for (let at = from; at < to; at++) {
    let sum = 0;
    for (let back = 0; back < weights.length; back++)
      sum = (sum + Math.imul(weights[back]!, target[at - 1 - back]!)) | 0;
    target[at]! += sum >> shift;
  }
}

/** The order up to which encoders go by themselves. */
const UNROLLED = 12;

/** Twice as fast as the loop that it stands for, and most of the time that decoding takes. Weights beyond the order are zero. */
function predictUnrolled(target: Int32Array, weights: Int32Array, shift: number): void {
  const padded = new Int32Array(UNROLLED);
  padded.set(weights);
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0, w8 = 0, w9 = 0, w10 = 0, w11 = 0] = padded;
  const t = target;
  for (let at = UNROLLED; at < t.length; at++) {
    const a = (Math.imul(w0, t[at - 1]!) + Math.imul(w1, t[at - 2]!) + Math.imul(w2, t[at - 3]!)) | 0;
    const b = (Math.imul(w3, t[at - 4]!) + Math.imul(w4, t[at - 5]!) + Math.imul(w5, t[at - 6]!)) | 0;
    const c = (Math.imul(w6, t[at - 7]!) + Math.imul(w7, t[at - 8]!) + Math.imul(w8, t[at - 9]!)) | 0;
    const d = (Math.imul(w9, t[at - 10]!) + Math.imul(w10, t[at - 11]!) + Math.imul(w11, t[at - 12]!)) | 0;
    t[at] = (t[at]! + ((a + b + c + d) >> shift)) | 0;
  }
}
