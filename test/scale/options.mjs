// What `npm run scale` can be told.
import { parseArgs } from 'node:util';
import { optionsOf, wholeNumber } from '../../tools/dev/script-options.mjs';

const HELP = `usage: npm run scale -- [options]

  --parts LIST     what is measured: overhead, throughput, queue, real; default all, separated by commas
  --singles N      overhead: empty jobs, one after the other; default 300
  --jobs N         throughput: jobs that each worker number is measured with; default 400
  --wait MS        throughput: how long each of them waits; default 200
  --workers LIST   throughput: numbers of workers; default 1,2,4,8
  --queue N        queue: empty jobs that are queued at once; default 10000
  --real N         real: jobs of training by one worker and by two in each round, and three times as many of exploration; default 4
  --rounds N       real: rounds; default 3
  --help

Figures count on a machine that does nothing else, with as many cores as there are workers that compute.
`;
const PARTS = ['overhead', 'throughput', 'queue', 'real'];

export const readOptions = () => optionsOf('npm run scale --', HELP, parseOptions);

function parseOptions() {
  const text = (otherwise) => ({ type: 'string', default: otherwise });
  const { values } = parseArgs({
    options: {
      parts: text(PARTS.join(',')),
      jobs: text('400'),
      wait: text('200'),
      workers: text('1,2,4,8'),
      singles: text('300'),
      queue: text('10000'),
      real: text('4'),
      rounds: text('3'),
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const parts = values.parts.split(',');
  const unknown = parts.find((part) => !PARTS.includes(part));
  if (unknown !== undefined) throw new Error(`--parts '${unknown}' is none of ${PARTS.join(', ')}`);
  return {
    parts,
    jobs: numberOf(values, 'jobs'),
    waitMs: numberOf(values, 'wait'),
    workers: values.workers.split(',').map((workers) => numberOf({ workers }, 'workers')),
    singles: numberOf(values, 'singles'),
    queue: numberOf(values, 'queue'),
    real: numberOf(values, 'real'),
    rounds: numberOf(values, 'rounds'),
  };
}

const numberOf = (values, name) => wholeNumber(name, values[name], 1);
