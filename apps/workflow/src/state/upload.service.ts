import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactFile, Digest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import { errorsOf } from '@sedge/service-kit';
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
}

/** Takes artifacts in from outside, file by file and chunk by chunk. */
@Injectable()
export class UploadService {
  constructor(
    private readonly uploads: UploadRepository,
    private readonly files: UploadFiles,
    private readonly kinds: ArtifactKinds,
    private readonly writer: ArtifactWriter,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
  ) {}

  /** Everything that can be wrong is found before the first byte is sent. */
  async start(upload: NewUpload, artifacts: ArtifactRepository): Promise<UploadState> {
    const paths = upload.files.map((file) => file.path);
    const mistake = mistakeOfPaths(paths);
    if (mistake !== null) throw error('UPLOAD_FILE_INVALID', mistake);
    await this.kinds.check(upload.kind, upload.kindVersion, upload.metadata, paths);
    for (const id of upload.derivedFrom) {
      if (!(await artifacts.find(id))) throw error('ARTIFACT_PARENT_UNKNOWN', { id });
    }
    return this.stateOf(await this.uploads.add({ ...upload, id: randomUUID() }, LEASE_MS));
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
    for (const id of await this.uploads.removeExpired()) await this.files.discard(id);
  }

  private async makeArtifact(upload: Upload): Promise<Digest> {
    const files: ArtifactFile[] = [];
    for (const position of upload.files.keys()) files.push(await this.storeFile(upload, position));
    const artifact = await this.writer.write({ ...upload, files }, async (tx, made) => {
      if (!(await this.uploads.complete(tx, upload.id, made))) throw unknown(upload.id);
    });
    await this.files.discard(upload.id);
    return artifact;
  }

  private async storeFile(upload: Upload, position: number): Promise<ArtifactFile> {
    const { path, sizeBytes, digest: expected } = upload.files[position]!;
    const offset = await this.files.offsetOf(upload.id, position);
    if (offset !== sizeBytes) throw error('UPLOAD_INCOMPLETE', { path, offset, size: sizeBytes });
    const stored =
      sizeBytes === 0 ? await this.store.put('') : await this.store.putFile(this.files.pathOf(upload.id, position));
    if (expected !== null && stored.digest !== expected) {
      throw error('UPLOAD_DIGEST_WRONG', { path, found: stored.digest, expected });
    }
    return { path, ...stored };
  }

  private async find(id: string): Promise<Upload> {
    const upload = UUID.test(id) ? await this.uploads.renew(id, LEASE_MS) : null;
    if (!upload) throw unknown(id);
    return upload;
  }

  private async stateOf(upload: Upload): Promise<UploadState> {
    const files = [];
    for (const [position, file] of upload.files.entries()) {
      files.push({ ...file, offset: await this.files.offsetOf(upload.id, position) });
    }
    return { ...upload, files };
  }
}
