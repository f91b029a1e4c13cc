import { createHash } from 'node:crypto';
import { isUnusable } from '@sedge/audio';
import type { ToolContext } from '@sedge/tool-contracts';
import type { AudioLayout } from '../../domain/audio-layout.js';
import { readMemberPath } from '../../domain/member-path.js';
import { stemOf, type FoundRecording } from '../../domain/recording.js';
import { skippedFile, type SkippedFile, type SkipReason } from '../../domain/skip-reasons.js';
import { sizeText } from '../../domain/units.js';
import { refusal } from '../../errors.js';
import type { Archive, ArchiveMember } from '../archive/archive-member.js';
import { AudioDecoder } from '../audio/audio-decoder.js';
import { fitClip, type LongClips } from '../audio/fit-clip.js';
import type { SampleStore } from '../dataset/sample-store.js';

const RECORDING_LIMIT_BYTES = 256e6;
const TEXT_LIMIT_BYTES = 64e6;
/** All noise is strung together and held as a whole by those who read it. */
const NOISE_LIMIT_MS = 60 * 60_000;

/** A recording as it was decoded: its place in the source, and its clip in the store, at `index` times a clip's length. */
export interface StoredRecording extends FoundRecording {
  path: string;
  /** of the clip's samples */
  digest: string;
  isSilent: boolean;
}

export interface StoredNoise {
  name: string;
  /** in the store of noise */
  at: number;
  length: number;
}

/** All that one pass over a source gives. */
export interface SourceContent {
  recordings: StoredRecording[];
  noise: StoredNoise[];
  texts: Map<string, string>;
  skipped: SkippedFile[];
}

export interface SourceReading {
  archive: Archive;
  layout: AudioLayout;
  clips: SampleStore;
  noise: SampleStore;
  sampleRateHz: number;
  clipSamples: number;
  longClips: LongClips;
  maxRecordingMs: number;
  maxSkipped: number;
  context: ToolContext;
}

const TYPE_REASONS: Partial<Record<ArchiveMember['type'], SkipReason>> = {
  link: 'link',
  special: 'special-file',
  encrypted: 'encrypted',
  unsupported: 'packing-method',
};

/** Reads a source in one pass: decodes what its layout calls recordings into the stores, and keeps only what is said of them in memory. */
export class SourceReader {
  private readonly content: SourceContent = { recordings: [], noise: [], texts: new Map(), skipped: [] };
  private readonly decoder: AudioDecoder;
  private readonly inWork = new Set<Promise<void>>();
  private noiseSamples = 0;

  constructor(private readonly reading: SourceReading) {
    this.decoder = new AudioDecoder(reading.sampleRateHz, reading.maxRecordingMs);
  }

  async read(): Promise<SourceContent> {
    const { archive, context } = this.reading;
    try {
      for await (const member of archive.members) {
        context.signal.throwIfAborted();
        await this.take(member);
        context.progress(archive.consumedBytes(), archive.sizeBytes, 'bytes', {
          recordings: this.content.recordings.length,
        });
      }
      await Promise.all(this.inWork);
    } finally {
      await Promise.allSettled(this.inWork);
    }
    return this.content;
  }

  private async take(member: ArchiveMember): Promise<void> {
    const path = readMemberPath(member.path);
    if (path.use === 'refused') return this.skip(member.path, path.reason);
    if (path.use === 'ignored' || member.type === 'folder') return;
    const typeReason = TYPE_REASONS[member.type];
    if (typeReason) return this.skip(member.path, typeReason);
    const placement = this.reading.layout.placement(path.segments);
    if (placement.use === 'skipped') return this.skip(member.path, placement.reason);
    if (placement.use === 'text') return this.takeText(member, path.segments);
    if (placement.use === 'ignored') return;
    const bytes = await member.read(RECORDING_LIMIT_BYTES);
    if (!bytes) return this.skip(member.path, 'too-large', sizeText(member.sizeBytes));
    await this.start(() =>
      placement.use === 'noise' ? this.takeNoise(bytes, path.segments) : this.takeRecording(bytes, path.segments),
    );
  }

  /** Decoding goes on while the next members are read, up to the threads that the job has. */
  private async start(work: () => Promise<void>): Promise<void> {
    const done: Promise<void> = work().finally(() => this.inWork.delete(done));
    this.inWork.add(done);
    // Its failure is seen where it is waited for.
    done.catch(() => undefined);
    if (this.inWork.size >= 2 * this.reading.context.job.threads) await Promise.race(this.inWork);
  }

  private async takeRecording(bytes: Buffer, segments: string[]): Promise<void> {
    const { clips, clipSamples, longClips } = this.reading;
    const path = segments.join('/');
    const samples = await this.decoder.decode(bytes);
    if (isUnusable(samples)) return this.skip(path, samples.reason, samples.detail);
    const clip = fitClip(samples, clipSamples, longClips);
    const isSilent = clip.every((sample) => sample === 0);
    const digest = createHash('sha256')
      .update(new Uint8Array(clip.buffer, clip.byteOffset, clip.byteLength))
      .digest('base64');
    const index = (await clips.append(clip)) / clipSamples;
    this.content.recordings.push({ index, segments, path, digest, isSilent });
  }

  private async takeNoise(bytes: Buffer, segments: string[]): Promise<void> {
    const path = segments.join('/');
    const samples = await this.decoder.decode(bytes, NOISE_LIMIT_MS);
    if (isUnusable(samples)) return this.skip(path, samples.reason, samples.detail);
    this.noiseSamples += samples.length;
    if (this.noiseSamples > (NOISE_LIMIT_MS / 1000) * this.reading.sampleRateHz) {
      throw refusal('INGESTION_NOISE_TOO_LONG', { limit: NOISE_LIMIT_MS / 60_000 });
    }
    const at = await this.reading.noise.append(samples);
    this.content.noise.push({ name: stemOf(segments.at(-1)!), at, length: samples.length });
  }

  private async takeText(member: ArchiveMember, segments: string[]): Promise<void> {
    const bytes = await member.read(TEXT_LIMIT_BYTES);
    if (!bytes) return this.skip(member.path, 'too-large', sizeText(member.sizeBytes));
    this.content.texts.set(segments.join('/'), bytes.toString('utf8'));
  }

  private skip(path: string, reason: SkipReason, detail = ''): void {
    this.content.skipped.push(skippedFile(path, reason, detail));
    const { maxSkipped } = this.reading;
    if (this.content.skipped.length > maxSkipped) throw tooManySkipped(this.content.skipped, maxSkipped);
  }
}

export function tooManySkipped(skipped: SkippedFile[], limit: number): Error {
  return refusal('INGESTION_SKIPPED_TOO_MANY', { limit, files: firstOf(skipped) });
}

/** A few of the files and why, for a message. */
export function firstOf(skipped: SkippedFile[]): string {
  const shown = skipped.slice(0, 5).map(({ path, sentence }) => `${path} (${sentence})`);
  return skipped.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
