import { failed, passed, type Check } from '../../verdict.js';
import type { Workbench } from '../../workbench.js';
import { beginHttpJob, isUnfit } from '../begin-http-job.js';

/** Ways out of a folder, as they stand in an address: an encoded slash stays in its part. */
const WAYS_OUT = [
  '..%2F..%2F..%2F..%2F..%2F..%2Fetc%2Fpasswd',
  '%2Fetc%2Fpasswd',
  '..%2Fmetadata.json',
  '%2e%2e%2F%2e%2e%2Fx',
  '..%5C..%5Cx',
  'a%00b',
];

export const strangePaths: Check<Workbench> = {
  name: 'strange-paths',
  played: 'files to read and to write whose names lead out of the folder of the job',
  expected: 'each is answered with a status of 400 to 499, and the next job is done',
  async play(bench) {
    const { job } = await beginHttpJob(bench);
    await job.describe();
    const [input = 'none'] = Object.keys(bench.definition.inputs);
    const [output = 'none'] = Object.keys(bench.definition.outputs);
    for (const way of WAYS_OUT) {
      for (const [method, path, body] of [
        ['GET', `${job.path}/outputs/${output}/${way}`, undefined],
        ['PUT', `${job.path}/inputs/${input}/${way}`, 'written by a stranger'],
      ] as const) {
        const status = await job.send(method, path, body).then(
          (answer) => String(answer.status),
          () => 'a broken connection',
        );
        if (!/^4\d\d$/.test(status))
          return failed(`${method} ${path.replace(job.path, 'v1/jobs/{job}')} was answered with ${status}`, MEND);
      }
    }
    await job.remove();
    return (await isUnfit(bench, MEND)) ?? passed('each was refused');
  },
};

const MEND = 'decode a path, join it to the folder of the job, resolve it, and answer 400 unless it is still inside';
