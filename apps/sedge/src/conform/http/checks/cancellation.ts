import { setTimeout as sleep } from 'node:timers/promises';
import { duration } from '../../../output/units.js';
import { TOO_SHORT } from '../../checks/cancellation.js';
import { failed, passed, skipped, type Check } from '../../verdict.js';
import type { Workbench } from '../../workbench.js';
import { beginHttpJob, isUnfit } from '../begin-http-job.js';

export const cancellation: Check<Workbench> = {
  name: 'cancellation',
  played: 'DELETE of a job in the midst of its run',
  expected: 'the run ends within the grace time without a result, and the job is forgotten',
  async play(bench) {
    const { job } = await beginHttpJob(bench);
    await job.describe();
    await job.upload();
    const run = await job.run();
    const early = await Promise.race([run.ended, sleep(bench.golden!.durationMs / 2, null)]);
    if (early !== null) return skipped(TOO_SHORT);
    const toldAt = performance.now();
    const removed = await job.remove();
    const ended = await Promise.race([run.ended, sleep(bench.graceMs, 'late' as const)]);
    const tookMs = performance.now() - toldAt;
    run.cut();
    if (!removed.ok) return failed(`DELETE was answered ${removed.status}`, MEND);
    if (ended === 'late')
      return failed(`the run went on for more than its grace time of ${duration(bench.graceMs)}`, MEND);
    if (ended?.status === 'succeeded') return failed('the run went on to its result though the job was deleted', MEND);
    const [output] = Object.keys(bench.definition.outputs);
    const left = await job.send('GET', `${job.path}/outputs/${output}/metadata.json`);
    if (left.status !== 404)
      return failed(
        `a file of the deleted job is answered with ${left.status}`,
        'forget a job at DELETE: 404 from then on',
      );
    return (await isUnfit(bench, MEND)) ?? passed(`it ended ${duration(tookMs)} after the DELETE`);
  },
};

const MEND = 'at DELETE v1/jobs/{job} end the work, close the answer of the run, remove what the job kept';
