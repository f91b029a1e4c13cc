// Judges a generated program: against ONNX Runtime and librosa on every test recording, and against onnxruntime-node in speed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HELP = `usage: node apps/benchmark/bench/acceptance.mjs [WORKFLOW] [options of sedge run]

Runs WORKFLOW (apps/benchmark/bench/acceptance.yml, which trains kws1 for a short while) and judges the program that it makes:
  equal features   outputs before softmax differ by at most 1e-4 of the largest; the same class wherever the margin is larger
  from the WAV     against librosa's features and ONNX Runtime, at most 1e-3
  speed            at least 1.5 times as fast as onnxruntime-node, with its call and without
  links            nothing beyond libc, libm, libgcc and libstdc++
  arena            at most 1.05 times what no plan can go below

  node apps/benchmark/bench/acceptance.mjs --data-dir /tmp/acceptance
  node apps/benchmark/bench/acceptance.mjs examples/keyword-spotting/twelve-classes.yml

Measure on an idle machine. Exit codes: 0 all hold, 1 one does not, 2 the run failed.
`;
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SEDGE = join(ROOT, 'apps', 'sedge', 'bin', 'sedge.js');
const LEAST_SPEEDUP = 1.5;
const MOST_ARENA_SHARE = 1.05;
const SYSTEM_LIBRARIES = /^(linux-vdso|libc|libm|libgcc_s|libstdc\+\+|\S*ld-linux\S*)\.so/;

const words = process.argv.slice(2);
if (words.includes('--help')) {
  process.stdout.write(HELP);
  process.exit(0);
}
const isFile = words[0] !== undefined && !words[0].startsWith('-');
const workflow = isFile ? words[0] : join(ROOT, 'apps', 'benchmark', 'bench', 'acceptance.yml');
const options = isFile ? words.slice(1) : words;
const dataDirectory = options.includes('--data-dir') ? options.slice(options.indexOf('--data-dir')).slice(0, 2) : [];

const { referencePython } = await import(new URL('../../../tools/dev/test/python.mjs', import.meta.url));
const python = await referencePython();
const outcome = await runWorkflow();
const folder = mkdtempSync(join(tmpdir(), 'acceptance-'));
try {
  const verdicts = [...comparisons(), ...speed(), links(), arena()];
  for (const { name, value, holds } of verdicts) console.log(`${holds ? 'holds ' : 'FAILS '} ${name}: ${value}`);
  process.exitCode = verdicts.every(({ holds }) => holds) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs the workflow, shows its steps, and gives what came of it. */
async function runWorkflow() {
  const child = spawn(process.execPath, [SEDGE, 'run', workflow, '--json', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = null;
  for await (const line of createInterface({ input: child.stdout })) {
    last = JSON.parse(line);
    if (last.event === 'item' && ['succeeded', 'failed'].includes(last.state))
      console.log(`       ${last.name ?? last.item}: ${last.state}`);
  }
  if (last?.state === 'succeeded' && last.program) return last;
  console.error(
    last?.failures?.map(({ item, message }) => `${item}: ${message}`).join('\n') || 'the run made no program',
  );
  process.exit(2);
}

/** A command of Sedge with one answer. */
function sedge(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SEDGE, ...args, '--json', ...dataDirectory], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`sedge ${args.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** The program against ONNX Runtime and librosa. */
function comparisons() {
  const { items } = sedge('runs', 'show', outcome.run);
  const output = (name) => items.map((item) => item.outputs?.[name]).findLast((id) => id !== undefined);
  const places = Object.fromEntries(
    ['dataset', 'features', 'model'].map((name) => {
      const path = join(folder, name);
      sedge('artifacts', 'export', output(name), path, '--files');
      return [name, path];
    }),
  );
  const metadata = sedge('artifacts', 'show', output('model')).metadata;
  const request = { ...places, program: outcome.program.path, metadata };
  const script = fileURLToPath(new URL('./compare.py', import.meta.url));
  const { status, stdout } = spawnSync(python, [script], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`compare.py ended with ${status}`);
  return JSON.parse(stdout);
}

function speed() {
  const { metrics } = outcome.latency.at(-1).report;
  const verdict = (name, key) => ({
    name,
    value: `${metrics[key].toFixed(2)} times as fast (95 % interval ${metrics[`${key}Low`].toFixed(2)} to ${metrics[`${key}High`].toFixed(2)}), at least ${LEAST_SPEEDUP}`,
    holds: metrics[key] >= LEAST_SPEEDUP,
  });
  return [
    verdict('onnxruntime-node, its call counted', 'ratio'),
    verdict('onnxruntime-node, its call not counted', 'ratioWithoutCall'),
  ];
}

function links() {
  const listed = spawnSync('ldd', [join(outcome.program.path, 'app')], { encoding: 'utf8' }).stdout ?? '';
  const libraries = listed.split('\n').flatMap((line) => line.trim().split(/[\s(]/)[0] || []);
  const strange = libraries.filter((name) => !SYSTEM_LIBRARIES.test(name));
  return {
    name: 'links',
    value: strange.length > 0 ? strange.join(', ') : `${libraries.length} system libraries`,
    holds: libraries.length > 0 && strange.length === 0,
  };
}

function arena() {
  const { arenaBytes, arenaLowerBoundBytes } = sedge('artifacts', 'show', outcome.application.id).metadata;
  const share = arenaBytes / arenaLowerBoundBytes;
  return {
    name: 'arena',
    value: `${arenaBytes} bytes, ${share.toFixed(3)} of the lower bound, at most ${MOST_ARENA_SHARE}`,
    holds: share <= MOST_ARENA_SHARE,
  };
}
