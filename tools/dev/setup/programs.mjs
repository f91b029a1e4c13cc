// Finds the system programs that Sedge needs and says how to get those that are missing.
import { spawnSync } from 'node:child_process';

/** Output of a command, or null when it can't be run or fails. */
function outputOf(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  return result.status === 0 ? `${result.stdout}${result.stderr}` : null;
}

/** Compares dotted versions by their numbers. */
export function isAtLeast(version, wanted) {
  const given = version.split('.').map(Number);
  for (const [index, part] of wanted.split('.').map(Number).entries()) {
    if ((given[index] ?? 0) !== part) return (given[index] ?? 0) > part;
  }
  return true;
}

const versionIn = (text) => /(\d+\.\d+(?:\.\d+)?)/.exec(text ?? '')?.[1] ?? null;

const compilesCpp20 = (compiler) =>
  spawnSync(compiler, ['-std=c++20', '-fsyntax-only', '-x', 'c++', '-'], { input: '#include <span>\nint main() {}\n' })
    .status === 0;

/** What the main job needs: name, why, a check that gives a version or null, and how to get it. */
const required = [
  {
    name: 'Node.js ≥ 20.20',
    why: 'runs Sedge',
    find: () => (isAtLeast(process.versions.node, '20.20') ? process.versions.node : null),
    get: 'https://nodejs.org, or your version manager: nvm install 20',
  },
  {
    name: 'Python ≥ 3.10 with venv',
    why: 'trains the networks',
    find: () => findPython(),
    get: 'apt-get install python3 python3-venv · dnf install python3 · brew install python',
  },
  {
    name: 'a C++20 compiler',
    why: 'builds LNE and the generated programs',
    find: () => findCompiler(),
    get: 'apt-get install g++ · dnf install gcc-c++ · xcode-select --install',
  },
  {
    name: 'CMake ≥ 3.20',
    why: 'builds LNE and the generated programs',
    find: () => atLeast(versionIn(outputOf('cmake', ['--version'])), '3.20'),
    get: 'apt-get install cmake · dnf install cmake · brew install cmake',
  },
  {
    name: 'make or ninja',
    why: 'is driven by CMake',
    find: () => versionIn(outputOf('ninja', ['--version'])) ?? versionIn(outputOf('make', ['--version'])),
    get: 'apt-get install make · dnf install make · xcode-select --install',
  },
];

const atLeast = (version, wanted) => (version && isAtLeast(version, wanted) ? version : null);

function findPython() {
  for (const name of [process.env.SEDGE_PYTHON, 'python3', 'python'].filter(Boolean)) {
    const version = atLeast(versionIn(outputOf(name, ['--version'])), '3.10');
    if (version && outputOf(name, ['-c', 'import venv, ensurepip']) !== null) return version;
  }
  return null;
}

function findCompiler() {
  for (const name of [process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean)) {
    if (compilesCpp20(name)) return versionIn(outputOf(name, ['--version'])) ?? name;
  }
  return null;
}

/** Checks every required program. @returns one row per program: name, why, version (null when missing), get */
export function checkPrograms() {
  return required.map(({ name, why, find, get }) => ({ name, why, get, version: find() }));
}

// `node tools/dev/setup/programs.mjs` prints the rows as JSON (`sedge doctor` reads them).
if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(checkPrograms()));
