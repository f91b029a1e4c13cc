// `npm start`: installs what is missing, then runs a workflow (the keyword-spotting example unless another is named).
// usage: npm start [-- <workflow.yml> [options of `sedge run`]]
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { SetupError, assertFreeDisk, setUp, step } from './setup/steps.mjs';
import { prepareToolEnvironments } from './setup/tool-environments.mjs';

/** The training environment in its largest form, and room for one run. */
const FIRST_RUN_MB = 8000;
const LATER_RUN_MB = 1000;

process.chdir(resolve(import.meta.dirname, '..', '..'));
const args = process.argv.slice(2);
// npm starts scripts in the workspace root; INIT_CWD is where the user stands, so that a relative path means what it says.
const workflow =
  args[0] && !args[0].startsWith('-')
    ? resolve(process.env.INIT_CWD ?? '.', args.shift())
    : join('examples', 'keyword-spotting', 'workflow.yml');
const dataHome = process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share');
const home = resolve(dataDirectoryIn(args) ?? process.env.SEDGE_HOME ?? join(dataHome, 'sedge'));
const environments = resolve(process.env.SEDGE_ENVIRONMENTS_DIR ?? join(home, 'environments'));

function dataDirectoryIn(words) {
  const at = words.findIndex((word) => word === '--data-dir' || word.startsWith('--data-dir='));
  return at < 0 ? undefined : words[at] === '--data-dir' ? words[at + 1] : words[at].slice('--data-dir='.length);
}

function runSedge(sedgeArgs) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join('apps', 'sedge', 'bin', 'sedge.js'), ...sedgeArgs], {
      stdio: 'inherit',
    });
    // The terminal sends Ctrl-C to the child as well, which ends its work cleanly: this process only has to wait for it.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('close', (code, signal) => done(signal ? 130 : (code ?? 1)));
  });
}

function printSplit(times, runMs) {
  const sum = (kind) =>
    times.filter((time) => time.kind === kind).reduce((total, time) => total + time.tookMs, 0) / 1000;
  console.log(
    `\nTime: downloads and environments ${sum('download').toFixed(0)} s, builds ${sum('build').toFixed(0)} s, workflow ${(runMs / 1000).toFixed(0)} s`,
  );
}

try {
  console.log('Setting up');
  const times = [];
  await step(times, 'free disk', 'check', () =>
    existsSync(environments)
      ? assertFreeDisk(home, LATER_RUN_MB, 'A run')
      : assertFreeDisk(home, FIRST_RUN_MB, 'Sedge with its training environment'),
  );
  await setUp(times);
  await step(times, 'tool environments', 'download', async () =>
    (await prepareToolEnvironments(workflow, environments)).join(', '),
  );
  const beforeRun = Date.now();
  const code = await runSedge(['run', workflow, ...args]);
  printSplit(times, Date.now() - beforeRun);
  process.exit(code);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(error.exitCode);
}
