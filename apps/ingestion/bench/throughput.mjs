// Clips per second from an archive to features, beside a plain Python script with librosa and h5py that does the same, in turn on one core.
// usage: node apps/ingestion/bench/throughput.mjs [--python PYTHON] [--source ARCHIVE] [--rounds 5] [--threads 1]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const root = resolve(import.meta.dirname, '..', '..', '..');
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: process.env.SEDGE_REFERENCE_PYTHON ?? 'python3' },
    source: { type: 'string', default: join(root, 'examples', 'keyword-spotting', 'speech-commands.tar') },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
  },
});
const threads = Number(values.threads);

if (!existsSync(join(import.meta.dirname, '..', 'dist'))) fail('the project is not built: npm run build');
if (spawnSync(values.python, ['-c', 'import librosa, h5py']).status !== 0) {
  fail(`${values.python} lacks librosa or h5py: name another with --python`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Libraries of both sides keep to as many threads as are asked for. */
const limits = Object.fromEntries(
  ['OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS', 'NUMBA_NUM_THREADS'].map((name) => [
    name,
    String(threads),
  ]),
);
const hasTaskset = spawnSync('taskset', ['--version']).status === 0;

function measure(command, args) {
  const folder = mkdtempSync(join(tmpdir(), 'sedge-throughput-'));
  const pinned = hasTaskset ? ['taskset', '-c', `0-${threads - 1}`, command] : [command];
  const [program, ...before] = pinned;
  const options = { encoding: 'utf8', env: { ...process.env, ...limits } };
  try {
    const { status, stdout, stderr } = spawnSync(program, [...before, ...args(folder)], options);
    if (status !== 0) fail(stderr);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const own = () =>
  measure(process.execPath, (folder) => [join(import.meta.dirname, 'own.mjs'), values.source, folder, values.threads]);
const baseline = () =>
  measure(values.python, (folder) => [join(import.meta.dirname, 'baseline.py'), values.source, folder]);
const rateOf = ({ clips, seconds }) => clips / seconds;

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  // In turn, and the other first each time: what the machine does besides hits both alike.
  const pair = round % 2 === 0 ? [own(), baseline()] : [baseline(), own()].reverse();
  rounds.push({ own: rateOf(pair[0]), baseline: rateOf(pair[1]), ratio: rateOf(pair[0]) / rateOf(pair[1]) });
  const { own: ours, baseline: theirs, ratio } = rounds.at(-1);
  console.log(`round ${round + 1}: ${ours.toFixed(0)} and ${theirs.toFixed(0)} clips/s, ${ratio.toFixed(2)} times`);
}
const of = (key) => rounds.map((round) => round[key]);
console.log(`Sedge      ${median(of('own')).toFixed(0)} clips/s`);
console.log(`librosa    ${median(of('baseline')).toFixed(0)} clips/s`);
console.log(
  `ratio      ${median(of('ratio')).toFixed(2)} (${Math.min(...of('ratio')).toFixed(2)} to ${Math.max(...of('ratio')).toFixed(2)}), ${threads} core${threads === 1 ? '' : 's'}${hasTaskset ? '' : ', not pinned'}`,
);
