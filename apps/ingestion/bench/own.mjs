// The tools of this service on an archive, timed: ingestion and MFCC, as `baseline.py` does them.
// usage: own.mjs ARCHIVE FOLDER THREADS; prints {"clips", "seconds"} as JSON. Loading of code is not counted.
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tool as extractMfcc } from '../dist/tools/extract-mfcc.tool.js';
import { tool as ingest } from '../dist/tools/ingest-speech-commands.tool.js';

const [archive, folder, threads] = process.argv.slice(2);

async function run(tool, name, inputs) {
  const path = join(folder, name);
  const scratch = join(folder, 'scratch');
  await mkdir(path, { recursive: true });
  await mkdir(scratch, { recursive: true });
  const [[output, { kind }]] = Object.entries(tool.definition.outputs);
  const defaults = Object.entries(tool.definition.parameters.properties).map(([key, schema]) => [key, schema.default]);
  const job = { job: 'bench', attempt: 1, inputs, outputs: { [output]: { path, kind } }, scratch };
  job.parameters = Object.fromEntries(defaults);
  job.threads = Number(threads);
  const signal = new AbortController().signal;
  await tool.run({ job, signal, progress: () => {}, log: () => {} });
  const metadata = JSON.parse(await readFile(join(path, 'metadata.json'), 'utf8'));
  return { path, kind, metadata };
}

await mkdir(join(folder, 'source'), { recursive: true });
await copyFile(archive, join(folder, 'source', 'source'));
const source = { path: join(folder, 'source'), kind: 'source', metadata: { name: 'archive' } };
const started = performance.now();
const dataset = await run(ingest, 'dataset', { source });
const features = await run(extractMfcc, 'features', { dataset });
const seconds = (performance.now() - started) / 1000;
const clips = Object.values(features.metadata.counts).reduce((sum, count) => sum + count, 0);
console.log(JSON.stringify({ clips, seconds, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1000) }));
