import { createHash } from 'node:crypto';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { FlacStreamInfo } from './flac-stream-info.js';
import { readFlacStreamInfo } from './flac-stream-info.js';
import type { RecordingAudio, UnusableAudio } from './recording-audio.js';

/** A frame of a few bytes can stand for 65,535 samples, so a file is fed in pieces and stopped when it gives more than it said. */
const PIECE_BYTES = 32 << 10;

/**
 * Decodes FLAC files, one after the other. The library passes over damaged frames, so its result is believed only when the number of
 * samples and their MD5 are what the file says.
 */
export class FlacFileDecoder {
  private readonly library = new FLACDecoder();
  private last: Promise<unknown> = Promise.resolve();

  /** @param limitSamples per channel, after which a recording is too long */
  decode(bytes: Buffer, limitSamples: number): Promise<RecordingAudio | UnusableAudio> {
    const turn = this.last.then(() => this.decodeAlone(bytes, limitSamples));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  close(): void {
    this.library.free();
  }

  private async decodeAlone(bytes: Buffer, limitSamples: number): Promise<RecordingAudio | UnusableAudio> {
    const info = readFlacStreamInfo(bytes);
    if (!info) return { reason: 'unreadable', detail: 'it does not begin as FLAC does' };
    if (info.sampleRateHz === 0) return { reason: 'unreadable', detail: 'its header says 0 Hz' };
    if (info.samples > limitSamples) return { reason: 'too-long', detail: `${info.samples} samples` };
    const limit = info.samples > 0 ? info.samples : limitSamples;
    const channels = await this.channelsOf(bytes, limit);
    if (!channels) return { reason: 'unreadable', detail: 'its frames are damaged or hold more than its header says' };
    const flaw = flawOf(channels, info);
    if (flaw) return flaw;
    return { samples: meanOf(channels), sampleRateHz: info.sampleRateHz };
  }

  /** @returns null when there are more samples than there may be */
  private async channelsOf(bytes: Buffer, limit: number): Promise<Float32Array[] | null> {
    await this.library.ready;
    await this.library.reset();
    const parts: Float32Array[][] = [];
    let count = 0;
    const take = ({
      channelData,
      samplesDecoded,
    }: {
      channelData: Float32Array[];
      samplesDecoded: number;
    }): boolean => {
      if (samplesDecoded > 0) parts.push(channelData);
      count += samplesDecoded;
      return count <= limit;
    };
    try {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        if (!take(await this.library.decode(bytes.subarray(at, at + PIECE_BYTES)))) return null;
      }
      if (!take(await this.library.flush())) return null;
    } catch (error) {
      // The library throws on some broken headers; nothing else runs in here.
      if (error instanceof Error) return null;
      throw error;
    }
    if (new Set(parts.map((part) => part.length)).size > 1) return null;
    const channelCount = parts[0]?.length ?? 0;
    return Array.from({ length: channelCount }, (_, channel) =>
      joined(
        parts.map((part) => part[channel]!),
        count,
      ),
    );
  }
}

function joined(parts: Float32Array[], count: number): Float32Array {
  if (parts.length === 1 && parts[0]!.length === count) return parts[0]!;
  const whole = new Float32Array(count);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function flawOf(channels: Float32Array[], info: FlacStreamInfo): UnusableAudio | null {
  const count = channels[0]?.length ?? 0;
  if (info.samples > 0 && count !== info.samples) {
    return { reason: 'unreadable', detail: `${count} of its ${info.samples} samples can be decoded` };
  }
  if (count === 0) return { reason: 'empty', detail: '' };
  if (channels.length !== info.channels) return { reason: 'unreadable', detail: 'its channels are not what it says' };
  const isSaid = !/^0+$/.test(info.md5);
  if (isSaid && md5Of(channels, info.bits) !== info.md5) {
    return { reason: 'unreadable', detail: 'its samples do not have the MD5 that it says' };
  }
  return null;
}

/** FLAC's own checksum: over all channels' samples in turn, as little-endian integers of whole bytes. */
function md5Of(channels: Float32Array[], bits: number): string {
  const width = Math.ceil(bits / 8);
  const scale = 2 ** (bits - 1);
  const integers = new Int32Array(channels[0]!.length * channels.length);
  for (const [at, channel] of channels.entries()) {
    for (let sample = 0; sample < channel.length; sample++) {
      integers[sample * channels.length + at] = Math.round(channel[sample]! * scale);
    }
  }
  return createHash('md5').update(lowBytes(integers, width)).digest('hex');
}

function lowBytes(integers: Int32Array, width: number): Uint8Array {
  // The usual case without a loop over bytes: this decides how fast a FLAC file is read.
  if (width === 2) return new Uint8Array(Int16Array.from(integers).buffer);
  const bytes = new Uint8Array(integers.length * width);
  for (const [at, value] of integers.entries()) {
    for (let byte = 0; byte < width; byte++) bytes[at * width + byte] = value >> (8 * byte);
  }
  return bytes;
}

function meanOf(channels: Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0]!;
  return channels[0]!.map(
    (_, sample) => channels.reduce((sum, channel) => sum + channel[sample]!, 0) / channels.length,
  );
}
