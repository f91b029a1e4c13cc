import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const { outputs } = JSON.parse(readFileSync(process.env.SEDGE_JOB, 'utf8'));
const share = (right, n) => ({ value: right / n, low: right / n - 0.05, high: Math.min(1, right / n + 0.05), n });

const accuracy = {
  title: 'Sample accuracy',
  engine: 'sample engine 1',
  split: 'test',
  classes: ['yes', 'no'],
  top1: share(17, 20),
  perClass: [
    { name: 'yes', recall: share(9, 10), precision: share(9, 11) },
    { name: 'no', recall: share(8, 10), precision: share(8, 9) },
  ],
  confusion: [
    [9, 1],
    [2, 8],
  ],
  intervals: 'sample',
  metrics: { top1: 0.85 },
};
const figure = (value) => ({ value, low: value * 0.9, high: value * 1.1 });
const engine = (name, medianMs, memoryBytes) => ({
  engine: name,
  medianMs: figure(medianMs),
  minMs: medianMs * 0.9,
  p90Ms: medianMs * 1.2,
  runs: 100,
  roundMediansMs: [medianMs],
  memoryBytes,
});
const latency = {
  title: 'Sample latency',
  machine: { model: 'sample' },
  engines: [engine('program', 1.5, { arena: 49152 }), engine('onnxruntime-node', 3, { rss: 104857600 })],
  ratios: [{ engine: 'program', peer: 'onnxruntime-node', ratio: figure(2), rounds: 5 }],
  clock: [],
  remarks: [],
  metrics: { medianMs: 1.5 },
};
for (const [name, report] of Object.entries({ accuracy, latency })) {
  const folder = outputs[name].path;
  writeFileSync(join(folder, 'report.json'), JSON.stringify(report));
  writeFileSync(join(folder, 'report.html'), `<!doctype html><title>${report.title}</title>`);
  writeFileSync(join(folder, 'metadata.json'), JSON.stringify({ metrics: report.metrics }));
}
