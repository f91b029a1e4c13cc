import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { errorsOf } from '@sedge/service-kit';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { ArtifactRepository } from './artifact.repository.js';
import { GarbageCollection } from './garbage.service.js';

const NAMED_CHILDREN = 5;
const error = errorsOf(ARTIFACT_ERRORS);

/** Removes one artifact because a user says so. Its blobs go with the next garbage collection: others may have them too. What the
 * garbage collection keeps can't be removed either: whoever needs it would find it gone. */
@Injectable()
export class ArtifactRemoval {
  constructor(
    private readonly repository: ArtifactRepository,
    private readonly garbage: GarbageCollection,
  ) {}

  /** @throws ARTIFACT_UNKNOWN, ARTIFACT_PINNED, ARTIFACT_IN_USE */
  async remove(id: Digest): Promise<void> {
    const artifact = await this.repository.find(id);
    if (!artifact) throw error('ARTIFACT_UNKNOWN', { id });
    if (artifact.pin !== null) throw error('ARTIFACT_PINNED', { id, note: artifact.pin });
    const root = (await this.garbage.roots()).find((candidate) => candidate.artifact === id);
    if (root) throw error('ARTIFACT_IN_USE', { id, reason: root.because });
    const children = await this.repository.childrenOf(id, NAMED_CHILDREN);
    if (children.length > 0) throw error('ARTIFACT_IN_USE', { id, reason: `${children.join(', ')} came from it` });
    await this.repository.remove([id], new Date(Date.now() + 60_000));
  }
}
