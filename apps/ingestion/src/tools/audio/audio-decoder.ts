import { FlacDecoder, isFlac, isUnusable, type RecordingAudio, type UnusableAudio } from '@sedge/audio';
import { decodeWav, resample } from '@sedge/lne';

const LOWEST_HZ = 1000;

/** Decodes WAV and FLAC, mixes channels down to their mean, and brings recordings to one rate as int16. */
export class AudioDecoder {
  private readonly flac = new FlacDecoder();

  /** @param limitMs after which a recording is too long */
  constructor(
    private readonly sampleRateHz: number,
    private readonly limitMs: number,
  ) {}

  /** @param bytes the whole file; its content tells what it is, not its name */
  async decode(bytes: Buffer, limitMs = this.limitMs): Promise<Int16Array | UnusableAudio> {
    if (bytes.length === 0) return { reason: 'empty', detail: 'it has no bytes' };
    const audio = this.read(bytes, limitMs);
    if (isUnusable(audio)) return audio;
    if (audio.samples.length > (limitMs / 1000) * audio.sampleRateHz) {
      const seconds = Math.round(audio.samples.length / audio.sampleRateHz);
      return { reason: 'too-long', detail: `${seconds} s, and at most ${limitMs / 1000} s are read` };
    }
    if (audio.sampleRateHz === this.sampleRateHz) return asInt16(audio.samples);
    if (audio.sampleRateHz < LOWEST_HZ) {
      return {
        reason: 'unreadable',
        detail: `its rate is ${audio.sampleRateHz} Hz, and at least ${LOWEST_HZ} Hz are read`,
      };
    }
    return asInt16(await resample(asFloats(audio.samples), audio.sampleRateHz, this.sampleRateHz));
  }

  private read(bytes: Buffer, limitMs: number): RecordingAudio | UnusableAudio {
    if (isFlac(bytes)) return this.flac.decode(bytes, limitMs);
    const magic = bytes.toString('latin1', 0, 4);
    if (!magic.startsWith('RI') && !magic.startsWith('RF')) return { reason: 'not-audio', detail: '' };
    try {
      return decodeWav(bytes);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (!code?.startsWith('WAV_')) throw error;
      return { reason: code === 'WAV_EMPTY' ? 'empty' : 'unreadable', detail: message };
    }
  }
}

/** The nearest integer to each sample; what lies beyond the range is clipped. 16-bit recordings come back as they were. */
function asInt16(samples: Float32Array | Int16Array): Int16Array {
  if (samples instanceof Int16Array) return samples;
  const integers = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at++) {
    integers[at] = Math.max(-32768, Math.min(32767, Math.round(samples[at]! * 32768)));
  }
  return integers;
}

function asFloats(samples: Float32Array | Int16Array): Float32Array {
  return samples instanceof Float32Array ? samples : Float32Array.from(samples, (sample) => sample / 32_768);
}
