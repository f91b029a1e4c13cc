import { createHash } from 'node:crypto';
import { BitReader } from './flac/bit-reader.js';
import { FlacFlaw } from './flac/flac-flaw.js';
import { readFrame } from './flac/frame.js';
import { firstFrameOf, readStreamInfo, type StreamInfo } from './flac/stream-info.js';
import type { RecordingAudio, UnusableAudio } from './recording-audio.js';

/** Side channels of 32 bits would not fit the arrays. */
const MOST_BITS = 24;
const FIRST_CAPACITY = 1 << 16;
/** A long recording's memory is not held for the short ones after it. */
const KEPT_CAPACITY = 1 << 20;

/** Whether a file begins as FLAC does: its content tells what it is, not its name. */
export const isFlac = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 4) === 'fLaC';

/** Decodes FLAC files from untrusted bytes, one after the other: memory is used again. @see RFC 9639 */
export class FlacDecoder {
  private readonly buffers = new ChannelBuffers();

  /**
   * A file is believed only when all checksums of its frames are right, and number and MD5 of the samples are what it says. No more memory is
   * taken than for the samples that were decoded.
   * @param limitMs after which a recording is too long
   */
  decode(bytes: Buffer, limitMs: number): RecordingAudio | UnusableAudio {
    const info = readStreamInfo(bytes);
    const start = firstFrameOf(bytes);
    if (!info || start === null) return { reason: 'unreadable', detail: 'it does not begin as FLAC does' };
    if (info.sampleRateHz === 0) return { reason: 'unreadable', detail: 'its header says 0 Hz' };
    if (info.bits > MOST_BITS) {
      return { reason: 'unreadable', detail: `it has ${info.bits} bits a sample, and at most ${MOST_BITS} are read` };
    }
    const limit = Math.floor((limitMs / 1000) * info.sampleRateHz);
    if (info.samples > limit)
      return { reason: 'too-long', detail: `${Math.round(info.samples / info.sampleRateHz)} s` };
    const { buffers } = this;
    buffers.start(info.channels, info.samples > 0 ? info.samples : limit);
    try {
      const reader = new BitReader(bytes, start);
      while (!reader.isAtEnd) readFrame(reader, bytes, info, (samples) => buffers.take(samples));
    } catch (error) {
      if (!(error instanceof FlacFlaw)) throw error;
      return { reason: 'unreadable', detail: `${error.message}, after ${buffers.length} samples` };
    }
    return judge(buffers.channels(), info);
  }
}

function judge(channels: Int32Array[], info: StreamInfo): RecordingAudio | UnusableAudio {
  const count = channels[0]!.length;
  if (info.samples > 0 && count !== info.samples) {
    return { reason: 'unreadable', detail: `it ends after ${count} of its ${info.samples} samples` };
  }
  if (count === 0) return { reason: 'empty', detail: '' };
  const turns = inTurns(channels);
  const bytes = lowBytes(turns, Math.ceil(info.bits / 8));
  const isSaid = !/^0+$/.test(info.md5);
  // FLAC's own checksum: over all channels' samples in turn, as little-endian integers of whole bytes.
  if (isSaid && createHash('md5').update(bytes).digest('hex') !== info.md5) {
    return { reason: 'unreadable', detail: 'its samples do not have the MD5 that it says' };
  }
  const isPlain = channels.length === 1 && info.bits === 16;
  const samples = isPlain ? new Int16Array(bytes.buffer) : meanOf(channels, info.bits);
  return { samples, sampleRateHz: info.sampleRateHz };
}

/** The samples so far, in arrays that grow with them. */
class ChannelBuffers {
  length = 0;
  private limit = 0;
  private buffers: Int32Array[] = [];

  start(channels: number, limit: number): void {
    this.length = 0;
    this.limit = limit;
    const isSpare = this.buffers.length === channels && this.buffers[0]!.length <= KEPT_CAPACITY;
    if (!isSpare) this.buffers = Array.from({ length: channels }, () => new Int32Array(FIRST_CAPACITY));
  }

  /** Room for the next block. @throws FlacFlaw when there are more samples than there may be */
  take(samples: number): Int32Array[] {
    const from = this.length;
    const to = from + samples;
    if (to > this.limit) throw new FlacFlaw('it holds more samples than it says');
    if (to > this.buffers[0]!.length) this.grow(Math.max(to, 2 * from));
    this.length = to;
    return this.buffers.map((buffer) => buffer.subarray(from, to));
  }

  channels(): Int32Array[] {
    return this.buffers.map((buffer) => buffer.subarray(0, this.length));
  }

  private grow(capacity: number): void {
    this.buffers = this.buffers.map((old) => {
      const larger = new Int32Array(capacity);
      larger.set(old);
      return larger;
    });
  }
}

/** Samples of all channels in turn, as interleaved files have them. */
function inTurns(channels: Int32Array[]): Int32Array {
  if (channels.length === 1) return channels[0]!;
  const turns = new Int32Array(channels[0]!.length * channels.length);
  for (const [at, channel] of channels.entries()) {
    for (let sample = 0; sample < channel.length; sample++) turns[sample * channels.length + at] = channel[sample]!;
  }
  return turns;
}

function lowBytes(integers: Int32Array, width: number): Uint8Array {
  // The usual case without a loop over bytes: this decides how fast a file is read.
  if (width === 2) return new Uint8Array(new Int16Array(integers).buffer);
  const bytes = new Uint8Array(integers.length * width);
  for (let at = 0; at < integers.length; at++) {
    for (let byte = 0; byte < width; byte++) bytes[at * width + byte] = integers[at]! >> (8 * byte);
  }
  return bytes;
}

/** One channel in [-1, 1): the mean of all. */
function meanOf(channels: Int32Array[], bits: number): Float32Array {
  const samples = new Float32Array(channels[0]!.length);
  const scale = 1 / (2 ** (bits - 1) * channels.length);
  for (let at = 0; at < samples.length; at++) {
    let sum = 0;
    for (const channel of channels) sum += channel[at]!;
    samples[at] = sum * scale;
  }
  return samples;
}
