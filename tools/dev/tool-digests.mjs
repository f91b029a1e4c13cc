// Names what a built-in tool's code is: the digest of the bundle of its entry file, comments and layout apart.
//
// A built-in tool's identity covers the bundle of its entry file, so that a change elsewhere in the service reruns nothing.
// Packages from the registry stay outside the bundle and count by name and version.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { replaceFile } from './transpile.mjs';
import { digestForImports } from '../../lne/node/source-digest.mjs';

const packageVersion = (name) => {
  const path = join('node_modules', name, 'package.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).version : 'absent';
};

/** `@scope/name/sub` -> `@scope/name`. */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

async function bundleDigest(entry) {
  const externals = new Set();
  const registryPackagesStayOutside = {
    name: 'registry-packages-stay-outside',
    setup(context) {
      context.onResolve({ filter: /^[^./]/ }, ({ path }) => {
        if (path.startsWith('@sedge/') && path !== '@sedge/lne') return undefined;
        if (resolve(path) === path) return undefined;
        if (!path.startsWith('node:')) externals.add(packageOf(path));
        return { path, external: true };
      });
    },
  };
  const result = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    minifyWhitespace: true,
    legalComments: 'none',
    treeShaking: true,
    ignoreAnnotations: false,
    conditions: ['sedge-source'],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
    plugins: [registryPackagesStayOutside],
    logLevel: 'silent',
  });
  const [{ contents, text }] = result.outputFiles;
  const hash = createHash('sha256').update(contents);
  for (const name of [...externals].sort())
    hash.update(`\n${name}@${name === '@sedge/lne' ? digestForImports(text) : packageVersion(name)}`);
  return `sha256:${hash.digest('hex')}`;
}

/** Writes `<project>/dist/tool-digests.json`: tool file name without `.tool.ts` -> digest of its code. */
export async function writeToolDigests(project) {
  const folder = join(project, 'src', 'tools');
  if (!existsSync(folder)) return;
  const entries = readdirSync(folder)
    .filter((name) => name.endsWith('.tool.ts'))
    .sort();
  const digests = {};
  for (const entry of entries) digests[basename(entry, '.tool.ts')] = await bundleDigest(join(folder, entry));
  mkdirSync(join(project, 'dist'), { recursive: true });
  replaceFile(join(project, 'dist', 'tool-digests.json'), `${JSON.stringify(digests, null, 2)}\n`);
}
