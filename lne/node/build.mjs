// Builds the engine with CMake, once for all that use it: the Node addon and the lne command (`npm run build:native`), and with --tests the
// C++ tests. Does nothing when nothing changed.
// usage: [LNE_MARCH=x86-64-v3] node lne/node/build.mjs [--tests] [--force]
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { buildDigest, sourceDigests } from './source-digest.mjs';

const node = import.meta.dirname;
const build = join(node, 'build');
const stampPath = join(build, 'build.stamp');
const lockPath = join(node, '.build.lock');
/** The command where the build leaves it, and where people look for it. */
const command = { built: join(build, 'engine', 'lne'), placed: join(node, '..', 'build', 'lne') };
const outputs = [join(build, 'lne.node'), command.built, command.placed];
/** The processor that kernels are compiled for, as -march names it. */
const march = process.env.LNE_MARCH || 'native';
const withTests = process.argv.includes('--tests');
/** Nobody takes this long between making the lock and writing his name into it. */
const NAMELESS_LOCK_MS = 10_000;

class BuildError extends Error {}

/** A header-only package's include folder. */
function includeOf(name, folder) {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), folder);
  } catch {
    throw new BuildError(`The npm package ${name} is missing. Get it: npm install`);
  }
}

function versionOf(command) {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0].trim() : null;
}

function findCmake() {
  const version = versionOf('cmake');
  const [major, minor] = (/(\d+)\.(\d+)/.exec(version ?? '') ?? []).slice(1).map(Number);
  if (version && (major > 3 || (major === 3 && minor >= 20))) return version;
  const found = version ? `${version} is too old` : 'CMake is missing';
  throw new BuildError(
    `${found}; the native engine needs CMake 3.20 or newer. Get it: apt-get install cmake · dnf install cmake · brew install cmake`,
  );
}

/** The compiler that CMake would take, tried on a C++20 program. */
function findCompiler() {
  const named = process.env.CXX;
  const candidates = named ? [named] : ['c++', 'g++', 'clang++'];
  for (const command of candidates) {
    const version = versionOf(command);
    if (!version) continue;
    const trial = '#include <span>\n#include <version>\nstatic_assert(__cpp_lib_span >= 201803L);\nint main() {}\n';
    const args = ['-std=c++20', '-x', 'c++', '-fsyntax-only', '-'];
    const { status, stderr } = spawnSync(command, args, { input: trial, encoding: 'utf8' });
    if (status === 0) return version;
    throw new BuildError(
      `${version} can't compile C++20:\n${stderr.trim().split('\n').slice(0, 5).join('\n')}\nGet GCC 11 or Clang 14 or newer, or name another compiler in CXX.`,
    );
  }
  throw new BuildError(
    `${named ? `The compiler that CXX names (${named})` : 'A C++20 compiler'} is missing. Get it: apt-get install g++ · dnf install gcc-c++ · xcode-select --install`,
  );
}

/** Everything that the result depends on: sources, headers, compiler, and the processor that kernels are compiled for. */
function stampOf(compiler, headers) {
  const facts = [
    buildDigest(),
    readFileSync(join(node, 'build.mjs'), 'utf8'),
    compiler,
    process.arch,
    march === 'native' ? cpus()[0]?.model : march,
  ];
  for (const include of headers) facts.push(readFileSync(join(include, '..', 'package.json'), 'utf8'));
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Runs a command and shows its last line as progress. @returns what it printed */
function run(label, command, args) {
  return new Promise((resolve, reject) => {
    // A process group of its own: what CMake starts must end with it, or it would go on writing where the next build writes.
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let isStopped = false;
    const stop = () => {
      isStopped = true;
      process.kill(-child.pid, 'SIGTERM');
    };
    process.once('SIGINT', stop).once('SIGTERM', stop);
    const lines = [];
    let shown = 0;
    const onData = (chunk) => {
      for (const line of chunk.toString().split('\n')) {
        if (line.trim() === '') continue;
        lines.push(line);
        if (!/^\[|^--/.test(line) || Date.now() - shown < 500) continue;
        shown = Date.now();
        console.log(`${label}: ${line.trim().slice(0, 110)}`);
      }
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', (error) => reject(new BuildError(`${command} can't be started: ${error.message}`)));
    child.on('close', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (isStopped) reject(new BuildError('stopped'));
      else if (code === 0) resolve();
      else reject(new BuildError(`${label} failed (${command} ended with ${code}):\n${lines.slice(-60).join('\n')}`));
    });
  });
}

/** A build folder that was made for another place (a copied clone) is of no use to CMake. */
function dropForeignCache() {
  const cache = join(build, 'CMakeCache.txt');
  if (!existsSync(cache)) return;
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cache, 'utf8'))?.[1];
  if (home !== node) rmSync(build, { recursive: true, force: true });
}

function writeIfChanged(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

function writeDigestHeader() {
  const { audio, engine } = sourceDigests();
  const text = `// Written by build.mjs.\n#pragma once\nstatic constexpr const char* kAudioDigest = "${audio}";\nstatic constexpr const char* kEngineDigest = "${engine}";\n`;
  writeIfChanged(join(build, 'source_digests.hpp'), text);
}

async function compile([nodeApi, nodeAddonApi]) {
  dropForeignCache();
  mkdirSync(build, { recursive: true });
  writeDigestHeader();
  const generator = existsSync(join(build, 'CMakeCache.txt')) || !versionOf('ninja') ? [] : ['-G', 'Ninja'];
  const settings = {
    CMAKE_BUILD_TYPE: 'Release',
    LNE_MARCH: march,
    NODE_API_INCLUDE: nodeApi,
    NODE_ADDON_API_INCLUDE: nodeAddonApi,
    LNE_TESTS: withTests ? 'ON' : 'OFF',
  };
  const defines = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
  await run('configure', 'cmake', ['-S', node, '-B', build, ...generator, ...defines]);
  const jobs = String(Math.max(1, availableParallelism()));
  const targets = ['lne_node', 'lne', ...(withTests ? ['lne_tests'] : [])];
  await run('build', 'cmake', ['--build', build, '-j', jobs, '--target', ...targets]);
}

/** A link and no copy: the command finds the plugins over libraries beside where it really lies. */
function placeCommand() {
  const folder = dirname(command.placed);
  mkdirSync(folder, { recursive: true });
  rmSync(command.placed, { force: true });
  symlinkSync(relative(folder, command.built), command.placed);
}

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Whether the process that made the lock is gone, be it before it could write its number. */
function isAbandoned() {
  try {
    const owner = Number(readFileSync(lockPath, 'utf8'));
    return owner > 0 ? !isAlive(owner) : Date.now() - statSync(lockPath).mtimeMs > NAMELESS_LOCK_MS;
  } catch {
    return false; // gone meanwhile
  }
}

/** One build at a time in one folder; the lock of a process that died is taken over. */
async function withLock(action) {
  for (let waited = false; ; waited = true) {
    try {
      const file = openSync(lockPath, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned()) rmSync(lockPath, { force: true });
    else {
      if (!waited) console.log('another build is under way, waiting for it');
      await new Promise((done) => setTimeout(done, 300));
    }
  }
  try {
    return await action();
  } finally {
    rmSync(lockPath, { force: true });
  }
}

async function main() {
  const started = Date.now();
  const headers = [includeOf('node-api-headers', 'include'), includeOf('node-addon-api', '.')];
  const compiler = findCompiler();
  findCmake();
  await withLock(async () => {
    const stamp = stampOf(compiler, [headers[0], join(headers[1], 'tools')]);
    const isFresh =
      !withTests &&
      outputs.every((path) => existsSync(path)) &&
      existsSync(stampPath) &&
      readFileSync(stampPath, 'utf8') === stamp;
    if (isFresh && !process.argv.includes('--force')) return console.log('native engine: unchanged');
    rmSync(stampPath, { force: true });
    await compile(headers);
    placeCommand();
    writeFileSync(stampPath, stamp);
    console.log(`native engine: built in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof BuildError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
