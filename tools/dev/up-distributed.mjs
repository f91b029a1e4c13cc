// `npm run up:distributed`: NATS, PostgreSQL, an S3 server and every service as processes of their own, until Ctrl-C.
// usage: npm run up:distributed [-- --workers N] [--port P] [--data-dir FOLDER] [--inputs FOLDER] [--stage NAME] [--worker STAGE/TOOL] [--bystander NAME] [--tls]
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { userSettings } from './distributed/user-settings.mjs';
import { prepareServers } from './setup/servers.mjs';
import { SetupError, setUp, step } from './setup/steps.mjs';
import { stages, stagesWithTools } from './stages.mjs';

process.chdir(resolve(import.meta.dirname, '..', '..'));

function optionsOf(args) {
  const names = {
    workers: { type: 'string' },
    port: { type: 'string' },
    'data-dir': { type: 'string' },
    tls: { type: 'boolean', default: false },
    inputs: { type: 'string', multiple: true, default: [] },
    stage: { type: 'string', multiple: true, default: [] },
    worker: { type: 'string', multiple: true, default: [] },
    bystander: { type: 'string', multiple: true, default: [] },
  };
  const { values } = parseArgs({ args, options: names });
  const [workers, port] = [Number(values.workers ?? 1), Number(values.port ?? 7350)];
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new SetupError(`--workers '${values.workers}' is no number from 1 to 64`);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new SetupError(`--port '${values.port}' is no number from 0 to 65535`);
  const dataHome = process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share');
  const home = resolve(process.env.INIT_CWD ?? '.', values['data-dir'] ?? join(dataHome, 'sedge-distributed'));
  const inputs = inputsOf(values);
  return { workers, port, home, inputs, tls: values.tls, stages: stagesOf(values), outsiders: outsidersOf(values) };
}

/** From where workflows may take inputs: the shipped examples, and what is named. */
function inputsOf({ inputs }) {
  const folders = inputs.map((folder) => resolve(process.env.INIT_CWD ?? '.', folder));
  const bad = folders.find(
    (folder) => folder.includes(':') || !statSync(folder, { throwIfNoEntry: false })?.isDirectory(),
  );
  if (bad !== undefined) throw new SetupError(`--inputs '${bad}' is no folder whose name has no colon`);
  return [resolve('examples'), ...folders];
}

/** The stages that have tools, and those that are asked for. */
function stagesOf({ stage }) {
  const unknown = stage.find((name) => !stages().includes(name));
  if (unknown !== undefined) throw new SetupError(`--stage '${unknown}' is none of ${stages().join(', ')}`);
  return [...new Set([...stagesWithTools(), ...stage])];
}

/** Who else may be at the broker. */
function outsidersOf({ worker, bystander }) {
  const workers = worker.map((text) => {
    const [, stage, tool] = /^([a-z][\w-]*)\/([a-z][\w.-]*)$/.exec(text) ?? [];
    if (!tool) throw new SetupError(`--worker '${text}' is no STAGE/TOOL`);
    return { kind: 'worker', stage, tool };
  });
  const bad = bystander.find((name) => !/^[a-z][\w-]*$/.test(name));
  if (bad !== undefined) throw new SetupError(`--bystander '${bad}' is no name`);
  return [...workers, ...bystander.map((name) => ({ kind: 'bystander', name }))];
}

async function run() {
  const options = optionsOf(process.argv.slice(2));
  const { settings, lines } = userSettings(process.env, process.env.INIT_CWD ?? '.', stages());
  for (const line of lines) console.log(line);
  console.log('Setting up');
  const times = [];
  await setUp(times);
  await step(times, 'servers', 'build', async () => {
    const missing = await prepareServers();
    if (missing.length > 0) throw new SetupError(missing.join('\n'));
  });
  const { serve } = await import('./distributed/serve.mjs');
  await serve({ ...options, environment: settings });
}

try {
  await run();
  process.exit(0);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exit(error.exitCode ?? 1);
}
