#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const entry = new URL('../dist/main.js', import.meta.url);

if (!existsSync(new URL('../../../node_modules/.package-lock.json', import.meta.url))) {
  console.error('The Node modules are not installed. Run `npm start` once: it installs and builds what is missing.');
  process.exit(5);
}
// A fresh clone has no dist/ yet; transpiling takes a second or two.
if (!existsSync(entry)) {
  const built = spawnSync(process.execPath, ['tools/dev/build-all.mjs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (built.status !== 0) {
    console.error(
      'Sedge is not built and could not be built. Run `npm start` once: it installs and builds what is missing.',
    );
    process.exit(5);
  }
}
const { main } = await import(entry.href);
await main(process.argv);
