import type { Digest } from '@sedge/artifact-contracts';

/** An artifact is in the store: its manifest and every blob. */
export interface ArtifactStoredData {
  artifact: Digest;
  kind: string;
  kindVersion: number;
  sizeBytes: number;
  /** the artifacts that it was made from */
  derivedFrom: Digest[];
  /** absent for uploads */
  producedBy?: { job: Digest; output: string; tool: Digest; toolName: string; toolVersion: string };
}
