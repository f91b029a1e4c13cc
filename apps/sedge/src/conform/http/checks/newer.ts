import { failed, passed, type Check } from '../../verdict.js';
import type { Workbench } from '../../workbench.js';
import { badResult, beginHttpJob } from '../begin-http-job.js';

const LATER = { isOptional: true, since: 'a later version' };

export const newer: Check<Workbench> = {
  name: 'newer',
  played: 'a job as a later Sedge may ask for it: with fields that the server does not know',
  expected: 'it succeeds: unknown fields are left alone',
  async play(bench) {
    const { job, laidOut } = await beginHttpJob(bench);
    const mend = 'read the fields that are needed and pass over others; do not check the job against a closed schema';
    const described = await job.describe({ laterField: LATER });
    if (!described.ok)
      return failed(`PUT of the job was answered ${described.status}: ${(await described.text()).slice(0, 200)}`, mend);
    await job.upload();
    const bad = await badResult(bench, job, laidOut, await (await job.run()).ended, mend);
    await job.remove();
    return bad ?? passed('unknown fields do not matter to it');
  },
};
