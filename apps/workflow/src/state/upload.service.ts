import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { digestOfJson, type ArtifactFile, type Digest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import { errorsOf, type Transaction } from '@sedge/service-kit';
import { mistakeOfPaths } from '@sedge/tool-contracts';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { ArtifactKinds } from './artifact-kind.service.js';
import { asStoreAnswer } from './artifact-reader.service.js';
import { ArtifactWriter } from './artifact-writer.service.js';
import { ArtifactRepository } from './artifact.repository.js';
import { UploadFiles } from './upload-files.service.js';
import { UploadRepository, type Upload, type UploadFile } from './upload.repository.js';

/** How long an upload may be silent before it is given up. */
const LEASE_MS = 3_600_000;
/** Files of an upload that are looked for in the store at once. */
const LOOKED_AT_ONCE = 16;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const error = errorsOf(ARTIFACT_ERRORS);

export type NewUpload = Omit<Upload, 'id' | 'leaseUntil'>;
const unknown = (upload: string): Error => error('UPLOAD_UNKNOWN', { upload: upload.slice(0, 100) });

/** An upload, with how far each file is. */
export interface UploadState extends Upload {
  files: SentFile[];
}

export interface SentFile extends UploadFile {
  /** bytes that have been sent: where the next chunk begins */
  offset: number;
  /** the store has bytes of the announced digest, so that they need not be sent */
  isStored: boolean;
}

/** Takes artifacts in from outside, file by file and chunk by chunk. */
@Injectable()
export class UploadService implements OnApplicationBootstrap {
  private readonly logger = new Logger('uploads');

  constructor(
    private readonly uploads: UploadRepository,
    private readonly files: UploadFiles,
    private readonly kinds: ArtifactKinds,
    private readonly writer: ArtifactWriter,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.discardEnded().catch((fault: Error) => {
      this.logger.warn(`files of uploads that have ended not removed: ${fault.message}`);
    });
  }

  /**
   * Everything that can be wrong is found before the first byte is sent.
   * @param key the same key and announcement give the same upload, as far as it has come
   */
  async start(upload: NewUpload, key: string | null, artifacts: ArtifactRepository): Promise<UploadState> {
    const paths = upload.files.map((file) => file.path);
    const mistake = controlCharacterIn(paths) ?? mistakeOfPaths(paths);
    if (mistake !== null) throw error('UPLOAD_FILE_INVALID', mistake);
    await this.kinds.check(upload.kind, upload.kindVersion, upload.metadata, paths);
    for (const id of upload.derivedFrom) {
      if (!(await artifacts.find(id))) throw error('ARTIFACT_PARENT_UNKNOWN', { id });
    }
    return this.stateOf(await this.addOrResume(upload, key));
  }

  private async addOrResume(upload: NewUpload, key: string | null): Promise<Upload> {
    for (;;) {
      const added = await this.uploads.add({ ...upload, id: randomUUID() }, key, LEASE_MS);
      const found = added ?? (await this.uploads.resume(key!, LEASE_MS));
      // One that was completed just now is not under way any more.
      if (found === null) continue;
      if (announcementOf(found) !== announcementOf(upload)) throw error('UPLOAD_KEY_TAKEN');
      return found;
    }
  }

  async show(id: string): Promise<UploadState> {
    return this.stateOf(await this.find(id));
  }

  /** @returns the file's size after the chunk */
  async append(id: string, path: string, offset: number, chunk: Readable): Promise<number> {
    const upload = await this.find(id);
    const position = upload.files.findIndex((file) => file.path === path);
    if (position < 0) throw error('UPLOAD_FILE_UNKNOWN', { upload: id, path });
    return this.files.append({ upload: id, position, path }, chunk, offset, upload.files[position]!.sizeBytes);
  }

  /** Asked for again, it is answered as before, for as long as the artifact is known. @returns the id of the artifact */
  async complete(id: string): Promise<Digest> {
    try {
      return await this.makeArtifact(await this.find(id));
    } catch (fault) {
      // The answer to an earlier request was lost, or one that came just before this one was faster.
      const artifact = UUID.test(id) ? await this.uploads.artifactOf(id) : null;
      if (artifact === null) throw asStoreAnswer(fault);
      // The process may have died between the artifact and this.
      await this.files.discard(id);
      return artifact;
    }
  }

  async giveUp(id: string): Promise<void> {
    await this.find(id);
    await this.uploads.remove(id);
    await this.files.discard(id);
  }

  /** Gives up uploads that were silent for too long. */
  async expire(): Promise<void> {
    await this.uploads.removeExpired();
    await this.discardEnded();
  }

  /** Also what a process left that died between the end of an upload and the removal of its files, or a chunk that came just then. */
  private async discardEnded(): Promise<void> {
    // The files first: an upload has its row before it has any.
    const kept = await this.files.list();
    const known = await this.uploads.known(kept);
    for (const id of kept) if (!known.has(id)) await this.files.discard(id);
  }

  private async makeArtifact(upload: Upload): Promise<Digest> {
    const known = await this.writer.known(upload);
    if (known !== null) {
      await this.writer.announce([], (tx) => this.end(tx, upload, known));
      await this.files.discard(upload.id);
      return known;
    }
    const files: ArtifactFile[] = [];
    for (const position of upload.files.keys()) files.push(await this.storeFile(upload, position));
    const artifact = await this.writer.write({ ...upload, files }, (tx, made) => this.end(tx, upload, made));
    await this.files.discard(upload.id);
    return artifact;
  }

  private async end(tx: Transaction, { id }: Upload, artifact: Digest): Promise<void> {
    if (!(await this.uploads.complete(tx, id, artifact))) throw unknown(id);
  }

  private async storeFile(upload: Upload, position: number): Promise<ArtifactFile> {
    const { path, sizeBytes, digest: expected } = upload.files[position]!;
    await this.bringFromStore(upload, position);
    const offset = await this.files.offsetOf(upload.id, position);
    if (offset !== sizeBytes) throw error('UPLOAD_INCOMPLETE', { path, offset, size: sizeBytes });
    const stored =
      sizeBytes === 0 ? await this.store.put('') : await this.store.putFile(this.files.pathOf(upload.id, position));
    if (expected !== null && stored.digest !== expected) {
      throw error('UPLOAD_DIGEST_WRONG', { path, found: stored.digest, expected });
    }
    return { path, ...stored };
  }

  /** What was not sent because the store has it is stored once more, as if it had been sent: then no garbage collection takes it meanwhile. */
  private async bringFromStore(upload: Upload, position: number): Promise<void> {
    const { digest, sizeBytes } = upload.files[position]!;
    const offset = await this.files.offsetOf(upload.id, position);
    if (digest === null || offset === sizeBytes || !(await this.isStored(digest, sizeBytes))) return;
    // What is damaged there has to be sent after all, which mends it.
    if ((await this.store.verify(digest)) === 'ok') {
      await this.files.take(upload.id, position, (path) => this.store.fetchFile(digest, path));
    }
  }

  private async isStored(digest: Digest, sizeBytes: number): Promise<boolean> {
    return (await this.store.stat(digest))?.sizeBytes === sizeBytes;
  }

  private async find(id: string): Promise<Upload> {
    const upload = UUID.test(id) ? await this.uploads.renew(id, LEASE_MS) : null;
    if (!upload) throw unknown(id);
    return upload;
  }

  private async stateOf(upload: Upload): Promise<UploadState> {
    const files: SentFile[] = [];
    for (let from = 0; from < upload.files.length; from += LOOKED_AT_ONCE) {
      const some = upload.files.slice(from, from + LOOKED_AT_ONCE);
      files.push(...(await Promise.all(some.map((file, at) => this.sentFile(upload, file, from + at)))));
    }
    return { ...upload, files };
  }

  private async sentFile({ id }: Upload, file: UploadFile, position: number): Promise<SentFile> {
    const offset = await this.files.offsetOf(id, position);
    const isStored = file.digest !== null && (await this.isStored(file.digest, file.sizeBytes));
    return { ...file, offset, isStored };
  }
}

/** Artifacts that have such names are read; new ones are not made of what lists and terminals can't show. */
function controlCharacterIn(paths: readonly string[]): { path: string; reason: string } | null {
  const path = paths.find((one) => /\p{Cc}/u.test(one));
  return path === undefined ? null : { path, reason: 'it holds a control character, such as a line break' };
}

/** What an upload is to become, as one text. */
function announcementOf({ kind, kindVersion, metadata, files, derivedFrom }: NewUpload): Digest {
  return digestOfJson({ kind, kindVersion, metadata, files, derivedFrom });
}
