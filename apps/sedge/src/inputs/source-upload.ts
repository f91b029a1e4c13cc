import { setTimeout as pause } from 'node:timers/promises';
import { artifactIdOf, artifactTypeOf, createManifest, type Digest } from '@sedge/artifact-contracts';
import type { MeasuredSource } from '@sedge/ingestion/measured-source';
import type { UploadState } from '@sedge/workflow';
import { IDEMPOTENCY_KEY, type ApiClient } from '../client/api-client.js';
import { ServerAwayError } from '../client/server-away.js';
import { CommandError } from '../errors.js';
import { chunksFrom } from './upload-chunks.js';

/** Of one request. What stands before a server may take less: then it is halved. */
const CHUNK_BYTES = 8 << 20;
const LEAST_CHUNK_BYTES = 64 << 10;
/** Pauses while nothing gets on, the last of which is repeated. */
const PAUSES_MS = [100, 300, 1000, 2000];
/** How long a server that answers may take nothing in. */
const STALLED_MS = 120_000;
/** How often an upload is begun again that somebody else ended, or in which somebody else's bytes were. */
const MOST_STARTS = 3;

/** Chunks that did not get where they belong: the server's offset says how to go on. */
const OUT_OF_STEP = new Set(['UPLOAD_OFFSET_WRONG', 'UPLOAD_CHUNK_CUT']);

/** What became of an upload. */
export interface Uploaded {
  artifact: Digest;
  /** bytes that were sent by this process: less than there are where the server had them */
  sentBytes: number;
}

/** Brings a source of this machine into the store behind an API. One that was interrupted goes on where it was, also in another process. */
export class SourceUpload {
  private readonly key: string;
  private chunkBytes = CHUNK_BYTES;
  private sentBytes = 0;

  /**
   * @param api one with patience waits for a server that is away
   * @param progress is told how many bytes the server has, from the first that has to be sent on
   */
  constructor(
    private readonly api: ApiClient,
    private readonly source: MeasuredSource,
    private readonly signal: AbortSignal,
    private readonly progress: (doneBytes: number) => void,
  ) {
    const manifest = createManifest(artifactTypeOf('source', 1), source.metadata, [source.file]);
    // The same content is the same upload, whoever sends it.
    this.key = `source ${artifactIdOf(manifest)}`;
  }

  /** @throws CommandError of the server, INGESTION_SOURCE_CHANGED */
  async run(): Promise<Uploaded> {
    for (let starts = 1; ; starts++) {
      const { metadata, file } = this.source;
      const announcement = { kind: 'source', metadata, files: [file] };
      const upload = await this.api.post<UploadState>('/v1/uploads', announcement, { [IDEMPOTENCY_KEY]: this.key });
      try {
        return { artifact: await this.carryOut(upload), sentBytes: this.sentBytes };
      } catch (error) {
        const code = error instanceof CommandError ? error.code : null;
        if (starts === MOST_STARTS || (code !== 'UPLOAD_UNKNOWN' && code !== 'UPLOAD_DIGEST_WRONG')) throw error;
        // Bytes that are not of this source, as it is known to be, came from somebody else: it is sent anew.
        if (code === 'UPLOAD_DIGEST_WRONG') await this.api.delete(`/v1/uploads/${upload.id}`);
      }
    }
  }

  private async carryOut({ id, files }: UploadState): Promise<Digest> {
    if (files[0]!.isStored) {
      try {
        return await this.complete(id);
      } catch (error) {
        // What the store has is damaged, or was removed just now.
        if (!(error instanceof CommandError) || error.code !== 'UPLOAD_INCOMPLETE') throw error;
      }
    }
    await this.send(id);
    return this.complete(id);
  }

  private async complete(id: string): Promise<Digest> {
    const done = await this.api.post<{ id: Digest }>(`/v1/uploads/${id}/complete`, {}, { [IDEMPOTENCY_KEY]: id });
    return done.id;
  }

  private async offsetOf(id: string): Promise<number> {
    return (await this.api.get<UploadState>(`/v1/uploads/${id}`)).files[0]!.offset;
  }

  /** Sends what is missing. Where the server is at another place than the source is read, reading begins anew there. */
  private async send(id: string): Promise<void> {
    for (let at = await this.offsetOf(id); at < this.source.file.sizeBytes;) at = await this.sendFrom(id, at);
  }

  /** @returns where to go on */
  private async sendFrom(id: string, offset: number): Promise<number> {
    this.progress(offset);
    let at = offset;
    for await (const chunk of chunksFrom(this.source.read(this.signal), offset, () => this.chunkBytes)) {
      const end = at + chunk.length;
      const reached = await this.sendChunk(id, chunk, at);
      if (reached !== end) return reached;
      at = end;
    }
    return at;
  }

  /** @returns how far the server is: at the end of the chunk unless it is somewhere else entirely */
  private async sendChunk(id: string, chunk: Buffer, offset: number): Promise<number> {
    const end = offset + chunk.length;
    let failures = 0;
    let sinceMs = Date.now();
    for (let at = offset; ;) {
      const next = Math.min(end, at + this.chunkBytes);
      let now = next;
      try {
        await this.api.sendChunk(
          `/v1/uploads/${id}/files/source`,
          chunk.subarray(at - offset, next - offset),
          at,
          this.signal,
        );
      } catch (error) {
        if (!this.mayGoOn(error, failures) || Date.now() - sinceMs > STALLED_MS) throw error;
        await pause(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)], undefined, { signal: this.signal });
        now = await this.offsetOf(id);
      }
      if (now < at || now > end) return now;
      if (now > at) {
        failures = 0;
        sinceMs = Date.now();
        this.sentBytes += now - at;
        this.progress(now);
      }
      if (now === end) return end;
      at = now;
    }
  }

  /** @param failures how often nothing got on before this one */
  private mayGoOn(error: unknown, failures: number): boolean {
    if (!(error instanceof CommandError)) return false;
    const isTooLong = error.code === 'HTTP_413';
    if (isTooLong && this.chunkBytes === LEAST_CHUNK_BYTES) return false;
    const isAway = error instanceof ServerAwayError;
    // Whoever takes no request as long as this may break the connection before its answer is heard.
    if (isTooLong || (isAway && failures > 0)) this.chunkBytes = Math.max(LEAST_CHUNK_BYTES, this.chunkBytes >> 1);
    return isTooLong || isAway || OUT_OF_STEP.has(error.code);
  }
}
