// What `npm run chaos` can be told.
import { parseArgs } from 'node:util';
import { optionsOf, wholeNumber } from '../../tools/dev/script-options.mjs';

export const SAFEGUARDS = ['outbox', 'inbox', 'fencing'];

const HELP = `usage: npm run chaos -- [options]

Runs many workflows while a seeded script kills, cuts, pauses, duplicates, reorders and fills; then a checker looks at what is left.
Each twentieth workflow is the keyword-spotting one on 40 clips, three in twenty are sweeps of features over the same clips, the rest
are sums.

  --seed N         the disturbances and workflows of this seed; default: another one each time, which the first line says
  --workflows N    default 200
  --kills N        how often each kind of disturbance comes; default 20
  --workers N      copies of each stage; default 2
  --keywords N     workflows of keyword spotting among them; default a twentieth; 0 leaves recordings and their stages out
  --without WHAT   switches a safeguard off, which the checker must notice: ${SAFEGUARDS.join(', ')}
  --help

CHAOS_VERBOSE=1 says each disturbance. Exit code 0: no fault. The last line is the summary; the logs of a run with a fault are kept.
`;

export const readOptions = () => optionsOf('npm run chaos --', HELP, parseOptions);

function parseOptions() {
  const number = { type: 'string' };
  const { values } = parseArgs({
    options: {
      seed: number,
      workflows: number,
      kills: number,
      workers: number,
      keywords: number,
      without: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const { without } = values;
  if (without !== undefined && !SAFEGUARDS.includes(without))
    throw new Error(`--without '${without}' is none of ${SAFEGUARDS.join(', ')}`);
  const workflows = numberOf(values, 'workflows', 200);
  return {
    seed: numberOf(values, 'seed', Date.now() % 1_000_000),
    workflows,
    kills: numberOf(values, 'kills', 20),
    workers: numberOf(values, 'workers', 2),
    keywords: Math.min(workflows, numberOf(values, 'keywords', Math.ceil(workflows / 20))),
    without,
  };
}

function numberOf(values, name, otherwise) {
  return values[name] === undefined ? otherwise : wholeNumber(name, values[name], 0);
}
