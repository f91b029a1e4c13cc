import type { ArtifactKind } from '../artifact-kind.js';
import { ReportMetadata } from '../report-metadata.js';

export const kind: ArtifactKind = {
  name: 'report.ingestion',
  version: 1,
  summary: 'What was read and what was skipped, file by file, with the reason.',
  metadata: ReportMetadata,
  files: { required: ['report.json'], optional: ['report.html'], others: false },
};
