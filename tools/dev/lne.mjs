// `npm run lne -- <arguments>`: builds the lne command from the sources as they are, and runs it.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { SetupError, buildNative } from './setup/steps.mjs';

const root = resolve(import.meta.dirname, '..', '..');

try {
  await buildNative();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exit(error.exitCode);
}
// npm starts scripts in the workspace root; INIT_CWD is where the user stands, so that relative paths mean what they say.
const child = spawn(join(root, 'lne', 'build', 'lne'), process.argv.slice(2), {
  stdio: 'inherit',
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
process.on('SIGINT', () => {});
child.on('close', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
