import type { ArtifactKind } from '../artifact-kind.js';
import { ReportMetadata } from '../report-metadata.js';

export const kind: ArtifactKind = {
  name: 'report.training',
  version: 1,
  summary: 'How a training went: loss and accuracy over the iterations.',
  metadata: ReportMetadata,
  files: { required: ['report.json'], optional: ['report.html'], others: false },
};
