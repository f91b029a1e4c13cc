import { IsNotEmpty, IsString } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';

/** A net's layers, before training. */
export class ArchitectureMetadata {
  @IsString() @IsNotEmpty() name!: string;
}

export const kind: ArtifactKind = {
  name: 'architecture',
  version: 1,
  summary: 'The layer list of a network.',
  metadata: ArchitectureMetadata,
  files: { required: ['architecture.json'], optional: [], others: false },
};
