// What `npm run up:distributed` can be told.
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { optionsOf } from '../script-options.mjs';
import { stages, stagesWithTools } from '../stages.mjs';
import { workerCounts } from './worker-counts.mjs';

const HELP = `usage: npm run up:distributed -- [options] [N | STAGE=N …]

NATS, PostgreSQL, an S3 server and every service of Sedge as processes of their own, until Ctrl-C. It says the address of the API and the
file of a token for it.

  --workers N            copies of each stage, 1 to 64; default 1. STAGE=N says it of one stage, and may be repeated; what is named without
                         an option is the same
  --port P               where the API listens; default 7350; 0 takes a free one; back ends and stages get the ports behind it
  --data-dir FOLDER      where everything lies, and goes on from at the next start; default ~/.local/share/sedge-distributed
  --inputs FOLDER        ingestion may take recordings from there itself, beside the shipped examples; may be repeated
  --stage NAME           a stage that has no tools yet is started, too; may be repeated; there are:
                         ${stages().join(', ')}
  --worker STAGE/TOOL    makes a user of the broker for somebody outside who does the jobs of a tool; may be repeated
  --bystander NAME       makes a user of the broker for somebody outside who watches artifacts; may be repeated
  --tls                  the back ends speak TLS only, with a certificate that is made for it
  --help

  npm run up:distributed -- --workers 4 --port 8000
  npm run up:distributed -- training=3 benchmark=2
  npm run up:distributed -- --inputs ~/words --data-dir /srv/sedge
  npm run up:distributed -- --worker training/judge-value --bystander reviewer
  SEDGE_LOG_LEVEL=info npm run up:distributed

Settings of the environment that say how services work go on to each of them; docs/distributed.md lists them. Exit codes: 0 ended by Ctrl-C,
1 it could not be set up, 2 an option or a setting is wrong.
`;

/** @param args of the command line @param from folder against which relative paths count */
export const readOptions = (args, from) => optionsOf('npm run up:distributed --', HELP, () => parse(args, from));

function parse(args, from) {
  const named = { type: 'string', multiple: true, default: [] };
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      workers: named,
      port: { type: 'string', default: '7350' },
      'data-dir': { type: 'string' },
      tls: { type: 'boolean', default: false },
      inputs: named,
      stage: named,
      worker: named,
      bystander: named,
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const dataHome = process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share');
  if (values['data-dir'] === '') throw new Error("--data-dir '' is no folder");
  const started = stagesOf(values);
  return {
    workers: workerCounts([...values.workers, ...positionals], started),
    port: numberFrom(values, 'port', 0, 65535),
    home: resolve(from, values['data-dir'] ?? join(dataHome, 'sedge-distributed')),
    inputs: inputsOf(values, from),
    tls: values.tls,
    stages: started,
    outsiders: outsidersOf(values),
  };
}

function numberFrom(values, name, least, most) {
  const number = /^\d{1,5}$/.test(values[name]) ? Number(values[name]) : NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`--${name} '${values[name]}' is no number from ${least} to ${most}`);
}

/** From where workflows may take inputs: the shipped examples, and what is named. */
function inputsOf({ inputs }, from) {
  const folders = inputs.map((folder) => resolve(from, folder));
  const bad = folders.find(
    (folder) => folder.includes(':') || !statSync(folder, { throwIfNoEntry: false })?.isDirectory(),
  );
  if (bad !== undefined) throw new Error(`--inputs '${bad}' is no folder whose name has no colon`);
  return [resolve('examples'), ...folders];
}

/** The stages that have tools, and those that are asked for. */
function stagesOf({ stage }) {
  const unknown = stage.find((name) => !stages().includes(name));
  if (unknown !== undefined) throw new Error(`--stage '${unknown}' is none of ${stages().join(', ')}`);
  return [...new Set([...stagesWithTools(), ...stage])];
}

/** Who else may be at the broker. */
function outsidersOf({ worker, bystander }) {
  const workers = worker.map((text) => {
    const [, stage, tool] = /^([a-z][\w-]*)\/([a-z][\w.-]*)$/.exec(text) ?? [];
    if (!tool) throw new Error(`--worker '${text}' is no STAGE/TOOL`);
    return { kind: 'worker', stage, tool };
  });
  const bad = bystander.find((name) => !/^[a-z][\w-]*$/.test(name));
  if (bad !== undefined) throw new Error(`--bystander '${bad}' is no name`);
  return [...workers, ...bystander.map((name) => ({ kind: 'bystander', name }))];
}
