// Turns the TypeScript of one project into ES modules under dist/, file by file, only what changed.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  copyFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';

const options = {
  swcrc: false,
  sourceMaps: 'inline',
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'es6' },
};

function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

const isNewer = (source, target) => !existsSync(target) || statSync(source).mtimeMs > statSync(target).mtimeMs;

/** Writes a file in one step, so that a process which starts meanwhile reads the old or the new text, never half of it. */
export function replaceFile(path, text) {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Transpiles `<project>/src` to `<project>/dist` and removes what has no source any more. Returns the number of files written. */
export function transpileProject(project) {
  const source = join(project, 'src');
  const target = join(project, 'dist');
  if (!existsSync(source)) return 0;
  // Another step of the build makes this one; it must not be missing while processes of another build start.
  const wanted = new Set([join(target, 'tool-digests.json')]);
  let written = 0;
  for (const path of filesUnder(source)) {
    if (/\.(spec|test)\.ts$/.test(path) || path.endsWith('.d.ts')) continue;
    const isCode = path.endsWith('.ts');
    const output = join(target, relative(source, isCode ? path.replace(/\.ts$/, '.js') : path));
    wanted.add(output);
    if (!isNewer(path, output)) continue;
    mkdirSync(dirname(output), { recursive: true });
    if (isCode)
      replaceFile(
        output,
        transformSync(readFileSync(path, 'utf8'), {
          ...options,
          filename: path,
          sourceFileName: relative(dirname(output), path),
        }).code,
      );
    else copyFileSync(path, output);
    written++;
  }
  if (existsSync(target))
    for (const path of filesUnder(target))
      if (!wanted.has(path) && !path.endsWith('.new')) rmSync(path, { force: true });
  return written;
}
