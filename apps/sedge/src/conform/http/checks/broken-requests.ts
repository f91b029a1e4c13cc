import { failed, passed, type Check } from '../../verdict.js';
import type { Workbench } from '../../workbench.js';
import { beginHttpJob, isUnfit } from '../begin-http-job.js';

export const brokenRequests: Check<Workbench> = {
  name: 'broken-requests',
  played: 'a job that is no JSON, one that is no object, a run of a job that nobody described, and a file of it',
  expected: 'each is answered with a status of 400 to 499, and the next job is done',
  async play(bench) {
    const { job } = await beginHttpJob(bench);
    const [input = 'none'] = Object.keys(bench.definition.inputs);
    const trials: [string, () => Promise<Response>][] = [
      ['PUT of a job that is no JSON', () => job.send('PUT', job.path, '{"job": ', 'application/json')],
      ['PUT of a job that is no object', () => job.send('PUT', job.path, '7', 'application/json')],
      ['POST run of an unknown job', () => job.send('POST', `${job.path}-unknown/run`)],
      ['PUT of a file of an unknown job', () => job.send('PUT', `${job.path}-unknown/inputs/${input}/file`, 'x')],
      ['GET of a file of an unknown job', () => job.send('GET', `${job.path}-unknown/outputs/x/metadata.json`)],
    ];
    for (const [what, send] of trials) {
      const status = await send().then(
        (answer) => String(answer.status),
        (error: Error) =>
          `a broken connection (${String((error.cause as Error | undefined)?.message ?? error.message)})`,
      );
      if (!/^4\d\d$/.test(status)) return failed(`${what} was answered with ${status}`, MEND);
    }
    return (await isUnfit(bench, MEND)) ?? passed('each was refused');
  },
};

const MEND =
  'answer 400 with {"message": …} to what can not be read, 404 to what is not known; an exception must not end a connection or the server';
