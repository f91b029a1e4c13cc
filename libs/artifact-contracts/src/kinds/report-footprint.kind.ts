import type { ArtifactKind } from '../artifact-kind.js';
import { ReportMetadata } from '../report-metadata.js';

export const kind: ArtifactKind = {
  name: 'report.footprint',
  version: 1,
  summary: 'What a deployed network takes: memory, flash and operations, layer by layer.',
  metadata: ReportMetadata,
  files: { required: ['report.json', 'report.html'], optional: [], others: false },
};
