// Turns the TypeScript of one project into ES modules under dist/, file by file, only what changed.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
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

/** Transpiles `<project>/src` to `<project>/dist` and removes what has no source any more. Returns the number of files written. */
export function transpileProject(project) {
  const source = join(project, 'src');
  const target = join(project, 'dist');
  if (!existsSync(source)) return 0;
  const wanted = new Set();
  let written = 0;
  for (const path of filesUnder(source)) {
    if (/\.(spec|test)\.ts$/.test(path) || path.endsWith('.d.ts')) continue;
    const isCode = path.endsWith('.ts');
    const output = join(target, relative(source, isCode ? path.replace(/\.ts$/, '.js') : path));
    wanted.add(output);
    if (!isNewer(path, output)) continue;
    mkdirSync(dirname(output), { recursive: true });
    if (isCode)
      writeFileSync(
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
  if (existsSync(target)) for (const path of filesUnder(target)) if (!wanted.has(path)) rmSync(path);
  return written;
}
