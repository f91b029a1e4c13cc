// Creates the files that every project of the workspace has in common: package.json, tsconfig.json, an entry.
// usage: node tools/dev/new-project.mjs <folder> <name> <type-tag> [dependency …]
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [folder, name, tag, ...dependencies] = process.argv.slice(2);
if (!folder || !name || !tag) {
  console.error('usage: node tools/dev/new-project.mjs <folder> <name> <type-tag> [dependency …]');
  process.exit(2);
}

/** Writes a file unless it exists, so that running this again never overwrites work. */
function writeOnce(path, text) {
  if (!existsSync(path)) writeFileSync(path, text);
}

const manifest = {
  name,
  version: '0.1.0',
  private: true,
  type: 'module',
  license: 'Apache-2.0',
  exports: {
    '.': { 'sedge-source': './src/index.ts', types: './src/index.ts', default: './dist/index.js' },
  },
  dependencies: Object.fromEntries(
    dependencies.map((dependency) => [dependency, dependency.startsWith('@sedge/') ? '0.1.0' : '*']),
  ),
  nx: {
    name: name.replace('@sedge/', ''),
    projectType: 'library',
    tags: tag.split(','),
    targets: { build: {}, typecheck: {}, lint: {}, test: {} },
  },
};

mkdirSync(join(folder, 'src'), { recursive: true });
writeOnce(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
writeOnce(join(folder, 'src', 'index.ts'), '');
const base = join(relative(folder, '.'), 'tsconfig.base.json');
writeOnce(
  join(folder, 'tsconfig.json'),
  `${JSON.stringify({ extends: base, compilerOptions: { rootDir: relative(folder, '.'), tsBuildInfoFile: './.cache/tsconfig.tsbuildinfo', incremental: true }, include: ['src', 'test'] }, null, 2)}\n`,
);
console.log(`${name} in ${folder}`);
