// Names the native code by the digest of its sources: equal on every machine and in every folder, unlike the built library's.
// Tool digests and the built addon (as `libraryDigest`) both carry it. Uses Node's own modules only.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const lne = resolve(import.meta.dirname, '..');

/** What results depend on, by part. The audio front end is apart, so that a new kernel recomputes no features. */
const PARTS = {
  audio: ['runtime/audio', 'node/addon/audio.cpp', 'node/CMakeLists.txt'],
  engine: [
    ...['CMakeLists.txt', 'cmake', 'include', 'plugins', 'runtime', 'simd', 'src'],
    ...['node/addon/network.cpp', 'node/addon/application.cpp'],
  ],
};
/** Everything that the addon and the lne command are built from. */
const ALL = [...PARTS.engine, 'cli', 'node/addon', 'node/CMakeLists.txt'];

/** Paths relative to lne/, with `/`, sorted; tests apart. */
function filesOf(path) {
  if (!statSync(join(lne, path)).isDirectory()) return [path];
  return readdirSync(join(lne, path), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesOf(`${path}/${entry.name}`) : [`${path}/${entry.name}`]))
    .filter((name) => !/_test\.cpp$|\.md$|(^|\/)\./.test(name));
}

function digestOf(paths) {
  const hash = createHash('sha256');
  for (const path of [...new Set(paths.flatMap(filesOf))].sort()) {
    const content = readFileSync(join(lne, path));
    hash.update(`${path}\n${content.length}\n`).update(content);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** @returns {{audio: string, engine: string}} */
export function sourceDigests() {
  return { audio: digestOf(PARTS.audio), engine: digestOf(PARTS.engine) };
}

/** Digest of all that the build depends on in this repository. */
export function buildDigest() {
  return digestOf(ALL);
}

const AUDIO_ONLY = new Set(['LneError', 'decodeWav', 'mfcc', 'mfccShape', 'resample']);

/**
 * The digest that stands for this package in the identity of a tool.
 * @param code the tool's bundle, in which imports from this package are left as they are
 */
export function digestForImports(code) {
  const { audio, engine } = sourceDigests();
  const imports = [...code.matchAll(/\bimport\s*\{([^}]*)\}\s*from\s*["']@sedge\/lne["']/g)];
  const names = imports.flatMap(([, list]) => list.split(',').map((name) => name.trim().split(/\s/)[0]));
  return names.length > 0 && names.every((name) => AUDIO_ONLY.has(name)) ? audio : `${audio} ${engine}`;
}
