import { inputsNeeded } from '../../checks/golden.js';
import { differenceOf } from '../../artifact-difference.js';
import { duration } from '../../../output/units.js';
import { failed, passed, type Check } from '../../verdict.js';
import { describeJob } from '../job-text.js';
import type { WorkerBench } from '../worker-bench.js';

export const golden: Check<WorkerBench> = {
  name: 'golden',
  played: 'a job for each case, asked for on the broker',
  expected:
    'the worker claims it at the stage, uploads its outputs and completes it; what comes out is what the case says where it says so',
  async play(bench) {
    const texts: string[] = [];
    for (const one of bench.cases) {
      const startedAt = performance.now();
      const job = await bench.ask(one);
      const ended = await bench.ended(job);
      if (one === bench.main) bench.golden = ended;
      if (ended?.state === 'failed' && one.isGenerated) throw inputsNeeded(`${one.name}: ${describeJob(bench, ended)}`);
      if (ended?.state !== 'succeeded') return failed(`${one.name}: ${describeJob(bench, ended)}`, MEND);
      const compared = Object.fromEntries(Object.keys(one.expected).map((name) => [name, ended.outputs![name]!]));
      const difference = await differenceOf(bench.parts.store, one.expected, compared);
      if (difference !== null)
        return failed(
          `${one.name}: not what the case expects: ${difference}`,
          'mend the tool, or the case where the tool is right',
        );
      texts.push(`${one.name} in ${duration(performance.now() - startedAt)}`);
    }
    return passed(texts.join(', '));
  },
};

const MEND =
  'pull from the durable consumer worker-TOOL of the stream SEDGE_EVENTS, then POST /v1/jobs/{id}/claim and /complete at the stage (docs/reference/asyncapi.json, /v1/openapi.json)';
