import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const job = JSON.parse(readFileSync(process.env.SEDGE_JOB, 'utf8'));
const { value, waitFor, failUnless } = job.parameters;
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

tell({ type: 'log', level: 'info', message: `adding ${value}` });
tell({ type: 'progress', done: 1, total: 2, unit: 'parts', metrics: { value } });
while (waitFor !== '' && !existsSync(waitFor)) await pause(20);
if (failUnless !== '' && !existsSync(failUnless)) {
  tell({ type: 'error', code: 'SAMPLE_FAILED', message: `there is no ${failUnless}` });
  process.exit(1);
}
const read = Object.values(job.inputs)
  .flat()
  .reduce((sum, { metadata }) => sum + (metadata.metrics?.value ?? 0), 0);
const metrics = { value: value + read };
const folder = job.outputs.report.path;
writeFileSync(join(folder, 'report.json'), JSON.stringify(metrics));
writeFileSync(join(folder, 'metadata.json'), JSON.stringify({ metrics }));
