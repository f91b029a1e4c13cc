// Builds the fuzz targets of LNE with clang and runs each on its corpus for some seconds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../setup/steps.mjs';

/** A folder of the corpus, and the target that reads it. */
const FORMATS = {
  onnx: 'fuzz_read_model',
  caffe: 'fuzz_read_model',
  plan: 'fuzz_read_plan_file',
  application: 'fuzz_read_application_file',
  array: 'fuzz_read_array',
  recording: 'fuzz_read_recording',
};

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
  const build = join('lne', 'build', 'fuzz');
  const settings = ['-DLNE_FUZZ=ON', '-DLNE_NATIVE=OFF', '-DCMAKE_CXX_COMPILER=clang++'];
  await runCommand('configuring the fuzz targets', 'cmake', ['-S', 'lne', '-B', build, ...settings]);
  await runCommand('building the fuzz targets', 'cmake', [
    '--build',
    build,
    '-j',
    '2',
    '--target',
    ...new Set(Object.values(FORMATS)),
  ]);
  const outcomes = Object.entries(FORMATS).map(([format, target]) => fuzz(join(build, target), format, seconds));
  const failed = outcomes.filter((isClean) => !isClean).length;
  return { passed: outcomes.length - failed, failed, skipped: 0 };
}

/** Finds go to a folder that is removed unless there are any. */
function fuzz(program, format, seconds) {
  const folder = mkdtempSync(join(tmpdir(), `lne-fuzz-${format}-`));
  const limits = [`-max_total_time=${seconds}`, '-rss_limit_mb=3000', '-timeout=20', `-artifact_prefix=${folder}/`];
  const corpus = [join(folder), join('lne', 'fuzz', 'corpus', format)];
  const { status, stderr } = spawnSync(program, [...limits, ...corpus], { encoding: 'utf8' });
  if (status === 0) rmSync(folder, { recursive: true, force: true });
  else console.log(`${format}: a finding lies in ${folder}\n${stderr.split('\n').slice(-40).join('\n')}`);
  return status === 0;
}
