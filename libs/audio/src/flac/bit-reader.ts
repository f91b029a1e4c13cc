import { FlacFlaw } from './flac-flaw.js';

/** A window of four bytes, shifted to any bit in its first byte, holds this many bits at least. */
const WINDOW_BITS = 25;
/** So that a window at the last byte needs no check. */
const PADDING_BYTES = 8;

/** Reads bits from the most significant on. Reading past the end gives zeros until `assertWithin` finds out. */
export class BitReader {
  private readonly bytes: Uint8Array;
  private readonly endBit: number;
  private bit: number;

  constructor(bytes: Uint8Array, fromByte: number) {
    this.bytes = new Uint8Array(bytes.length + PADDING_BYTES);
    this.bytes.set(bytes);
    this.endBit = bytes.length * 8;
    this.bit = fromByte * 8;
  }

  /** The byte that the next bit is in; the reader stands at a whole byte. */
  get byte(): number {
    return this.bit >>> 3;
  }

  get isAtEnd(): boolean {
    return this.bit >= this.endBit;
  }

  /** @param count 0 to 25 */
  bits(count: number): number {
    if (count === 0) return 0;
    const value = this.window() >>> (32 - count);
    this.bit += count;
    return value;
  }

  /** @param count 1 to 33, two's complement */
  signed(count: number): number {
    const sign = this.bits(1);
    let value = 0;
    let rest = count - 1;
    for (; rest > WINDOW_BITS - 1; rest -= 16) value = value * 65_536 + this.bits(16);
    value = value * 2 ** rest + this.bits(rest);
    return sign === 1 ? value - 2 ** (count - 1) : value;
  }

  /** Zeros up to the next one, which is read too. */
  unary(): number {
    let zeros = 0;
    for (;;) {
      const lead = Math.clz32(this.window());
      if (lead < WINDOW_BITS) {
        this.bit += lead + 1;
        return zeros + lead;
      }
      zeros += WINDOW_BITS;
      this.bit += WINDOW_BITS;
      this.assertWithin();
    }
  }

  /** Rice codes with signs folded in: 0, -1, 1, -2, 2 … This loop is most of the time that decoding takes. */
  rice(target: Int32Array, from: number, to: number, parameter: number): void {
    const { bytes } = this;
    let { bit } = this;
    for (let at = from; at < to; at++) {
      const byte = bit >>> 3;
      const word = (bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!;
      const window = word << (bit & 7);
      const quotient = Math.clz32(window);
      const length = quotient + 1 + parameter;
      let folded: number;
      if (length <= WINDOW_BITS) {
        // The shift in two steps: by 32 at once it would do nothing.
        folded = (quotient << parameter) | ((((window << quotient) << 1) >>> 1) >>> (31 - parameter));
        bit += length;
      } else {
        this.bit = bit;
        folded = this.longRice(parameter);
        bit = this.bit;
      }
      target[at] = (folded >>> 1) ^ -(folded & 1);
    }
    this.bit = bit;
    this.assertWithin();
  }

  alignToByte(): void {
    this.bit = (this.bit + 7) & ~7;
  }

  /** @throws FlacFlaw when more was read than there is */
  assertWithin(): void {
    if (this.bit > this.endBit) throw new FlacFlaw('it ends within a frame');
  }

  private longRice(parameter: number): number {
    const quotient = this.unary();
    const high = parameter > 16 ? this.bits(parameter - 16) : 0;
    const low = this.bits(Math.min(parameter, 16));
    const folded = quotient * 2 ** parameter + high * 65_536 + low;
    if (folded > 0xffffffff) throw new FlacFlaw('a residual is larger than 32 bits');
    return folded >>> 0;
  }

  private window(): number {
    const byte = this.bit >>> 3;
    const { bytes } = this;
    // Beyond the padding there is nothing: zeros.
    const word = (bytes[byte]! << 24) | (bytes[byte + 1]! << 16) | (bytes[byte + 2]! << 8) | bytes[byte + 3]!;
    return word << (this.bit & 7);
  }
}
