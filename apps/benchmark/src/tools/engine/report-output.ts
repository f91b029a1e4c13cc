import { canonicalJson } from '@sedge/artifact-contracts';
import { METADATA_FILE, type JobFile } from '@sedge/tool-contracts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a report into a job's output: the JSON, the page, and the flat metrics as metadata. */
export async function writeReport(
  output: JobFile['outputs'][string],
  report: { title: string; metrics: Record<string, number> },
  page: string,
): Promise<void> {
  await writeFile(join(output.path, 'report.json'), `${canonicalJson(report)}\n`);
  await writeFile(join(output.path, 'report.html'), page);
  const metadata = { title: report.title, metrics: report.metrics };
  await writeFile(join(output.path, METADATA_FILE), canonicalJson(metadata));
}
