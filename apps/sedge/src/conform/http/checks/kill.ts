import { setTimeout as sleep } from 'node:timers/promises';
import { TOO_SHORT } from '../../checks/cancellation.js';
import { midway } from '../../midway.js';
import { describeOutcome } from '../../outcome-text.js';
import { failed, passed, skipped, type Check, type Finding } from '../../verdict.js';
import type { Workbench } from '../../workbench.js';
import { beginHttpJob, urlOf } from '../begin-http-job.js';
import { answers } from '../start-server.js';

export const kill: Check<Workbench> = {
  name: 'kill',
  played:
    'whoever asked dies in the midst of a run: its connection breaks; and, where the kit started the server, the server is killed (SIGKILL) in another run and started again',
  expected: 'the next attempt gives the whole result',
  async play(bench) {
    const { job } = await beginHttpJob(bench);
    await job.describe();
    await job.upload();
    const run = await job.run();
    const early = await Promise.race([run.ended, sleep(bench.golden!.durationMs / 2, null)]);
    if (early !== null) return skipped(TOO_SHORT);
    run.cut();
    const bad = await next(bench, 'after a connection that broke');
    await job.remove().catch(() => undefined);
    return (
      bad ??
      (bench.parts.server === null
        ? passed('a broken connection does no harm (with --start the server would be killed too)')
        : killServer(bench))
    );
  },
};

async function killServer(bench: Workbench): Promise<Finding> {
  const { server } = bench.parts;
  const running = await bench.begin(bench.main);
  if (!(await midway(bench, running))) return skipped(TOO_SHORT);
  await server!.kill();
  await running.ended;
  server!.start();
  if (!(await answers(urlOf(bench), server!)))
    return failed(`the server does not start again after a kill: ${server!.lastWords}`, MEND);
  return (
    (await next(bench, 'after a kill of the server')) ??
    passed('neither a broken connection nor a kill of the server does harm')
  );
}

async function next(bench: Workbench, when: string): Promise<Finding | null> {
  const again = await bench.run(bench.main, { number: 2 });
  if (again.outputs === null) return failed(`${when}: ${describeOutcome(again)}`, MEND);
  const difference = bench.isRepeatable ? await bench.differenceFromGolden(again) : null;
  return difference === null ? null : failed(`${when} the result is another: ${difference}`, MEND);
}

const MEND =
  'let no attempt see what another left: each has a path of its own; locks and temporary files of a dead process must not stop the next';
