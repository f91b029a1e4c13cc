import { failed, passed, type Check } from '../../verdict.js';
import type { Workbench } from '../../workbench.js';
import { badResult, beginHttpJob } from '../begin-http-job.js';

export const repeatedRequests: Check<Workbench> = {
  name: 'repeated-requests',
  played: 'each request before the run twice, as if its first answer had got lost, and the DELETE twice at the end',
  expected: 'the same result, and a second DELETE is answered 2xx or 404',
  async play(bench) {
    const { job, laidOut } = await beginHttpJob(bench);
    for (let time = 0; time < 2; time++) {
      const described = await job.describe();
      if (!described.ok)
        return failed(`PUT of the job for the ${time + 1}. time was answered ${described.status}`, MEND);
      await job.upload();
    }
    const bad = await badResult(bench, job, laidOut, await (await job.run()).ended, MEND);
    if (bad !== null) return bad;
    await job.remove();
    const again = await job.remove();
    if (!again.ok && again.status !== 404) return failed(`the second DELETE was answered ${again.status}`, MEND);
    return passed('repeated requests change nothing');
  },
};

const MEND = 'PUT replaces what is there, and DELETE of what is gone is no fault';
