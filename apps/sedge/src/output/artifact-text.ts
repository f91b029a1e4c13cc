import type { ArtifactDetail, ArtifactSummary } from '../client/artifacts.js';
import { table } from './table.js';
import { bold, dim } from './terminal.js';
import { bytes, shortId, when } from './units.js';

/** Artifacts in a list. */
export function artifactsTable(artifacts: readonly ArtifactSummary[]): string {
  const rows = artifacts.map(({ id, kind, sizeBytes, storedAt, producedBy, pin }) => [
    shortId(id),
    kind,
    bytes(sizeBytes),
    when(storedAt),
    producedBy ? `${producedBy.toolName}@${producedBy.toolVersion}` : '',
    pin ?? '',
  ]);
  return table(['artifact', 'kind', 'size', 'stored', 'made by', 'pin'], rows);
}

/** An artifact by itself. */
export function artifactText(artifact: ArtifactDetail): string {
  const { id, kind, kindVersion, sizeBytes, storedAt, producedBy, derivedFrom, pin, metadata, files } = artifact;
  return [
    `${bold(kind)} v${kindVersion}  ${id}`,
    `stored ${when(storedAt)}, ${bytes(sizeBytes)}${pin === null ? '' : `, pinned: ${pin}`}`,
    producedBy
      ? `made by ${producedBy.toolName}@${producedBy.toolVersion}, job ${producedBy.job}`
      : 'brought in from outside',
    ...(derivedFrom.length > 0 ? [`from ${derivedFrom.map(shortId).join(', ')}`] : []),
    '',
    table(
      ['file', 'size', 'digest'],
      files.map((file) => [file.path, bytes(file.sizeBytes), dim(file.digest)]),
    ),
    '',
    JSON.stringify(metadata, null, 2),
  ].join('\n');
}
