// Builds the fuzz targets of LNE with clang, and runs each on its corpus for some seconds, as many side by side as there are cores.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../setup/steps.mjs';
import { runLibFuzzer } from './libfuzzer.mjs';

/** A folder of the corpus, and the target that reads it. */
const FORMATS = {
  onnx: 'fuzz_read_model',
  caffe: 'fuzz_read_model',
  plan: 'fuzz_read_plan_file',
  application: 'fuzz_read_application_file',
  array: 'fuzz_read_array',
  recording: 'fuzz_read_recording',
};

const BUILD = join('lne', 'build', 'fuzz');
/** Inputs that were findings stay here. */
const FINDINGS = join('.cache', 'fuzz');
const PROGRESS_MS = 60_000;

/** How to get clang with libFuzzer, or null where it is there. */
export function missingClang() {
  const options = ['-fsanitize=fuzzer', '-x', 'c++', '-', '-o', '/dev/null'];
  const input =
    '#include <cstddef>\n#include <cstdint>\nextern "C" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }\n';
  const { status } = spawnSync('clang++', options, { input });
  return status === 0 ? null : 'clang with libFuzzer missing, get it by apt-get install clang libclang-rt-14-dev';
}

/** @returns counts as of other suites: one test per format */
export async function runFuzzers(seconds) {
  const targets = [...new Set(Object.values(FORMATS))];
  const settings = ['-DLNE_FUZZ=ON', '-DLNE_NATIVE=OFF', '-DCMAKE_CXX_COMPILER=clang++'];
  const jobs = availableParallelism();
  await runCommand('configuring the fuzz targets', 'cmake', ['-S', 'lne', '-B', BUILD, ...settings]);
  await runCommand('building the fuzz targets', 'cmake', [
    '--build',
    BUILD,
    '-j',
    String(jobs),
    '--target',
    ...targets,
  ]);
  mkdirSync(FINDINGS, { recursive: true });

  const waiting = Object.keys(FORMATS);
  const outcomes = [];
  const takeTurns = async () => {
    for (let format = waiting.shift(); format; format = waiting.shift()) outcomes.push(await fuzz(format, seconds));
  };
  await Promise.all(Array.from({ length: jobs }, takeTurns));
  for (const { sentence } of outcomes) console.log(sentence);
  const failed = outcomes.filter(({ isClean }) => !isClean).length;
  return { passed: outcomes.length - failed, failed, skipped: 0 };
}

/** Fuzzes one format, and tells each minute how far it is. What reached something new is thrown away, what is a finding is kept. */
async function fuzz(format, seconds) {
  const program = join(BUILD, FORMATS[format]);
  const reached = mkdtempSync(join(tmpdir(), `lne-fuzz-${format}-`));
  const limits = [`-max_total_time=${seconds}`, '-rss_limit_mb=3000', '-timeout=20'];
  const folders = [`-artifact_prefix=${join(FINDINGS, format)}-`, reached, join('lne', 'fuzz', 'corpus', format)];
  const started = Date.now();
  const elapsed = () => Math.round((Date.now() - started) / 1000);
  let state = { runs: 0, coverage: 0 };
  const soFar = () => `${format}: ${state.runs} runs, ${state.coverage} edges covered`;
  const progress = setInterval(
    () => console.log(`${soFar()}, ${Math.max(0, seconds - elapsed())} s left`),
    PROGRESS_MS,
  );
  try {
    const finding = await runLibFuzzer(program, [...limits, ...folders], (next) => (state = next));
    if (finding)
      console.log(
        `${finding.report}\n${format}: a finding; again: ${program} ${finding.input ?? '(no input was kept)'}`,
      );
    const verdict = finding ? `a finding: ${finding.input ?? 'its input was not kept'}` : 'nothing found';
    return { isClean: finding === null, sentence: `${soFar()} in ${elapsed()} s, ${verdict}` };
  } finally {
    clearInterval(progress);
    rmSync(reached, { recursive: true, force: true });
  }
}
