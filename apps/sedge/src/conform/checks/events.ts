import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { toolSubject, type CloudEvent } from '@sedge/event-contracts';
import type { JobView } from '@sedge/service-kit';
import { asOfBefore, asOfLater, cancelRequested, jobRequested, type AskedEvent } from '../job-event.js';
import { failed, passed, type Check, type Finding } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const events: Check<Workbench> = {
  name: 'events',
  played:
    'the first case as other jobs, asked for by events at the stage: three times over, as an older and as a newer Sedge asks, and cancelled by an event that comes before the request',
  expected: 'each job is done once, with the same result; the cancelled one is not begun',
  async play(bench) {
    const [late, early, unwanted] = [1, 2, 3].map(() => jobRequested(bench.parts.tool.registered, bench.main));
    await publish(bench, cancelRequested(unwanted!, new Date(Date.now() + 1)));
    await publish(bench, unwanted!);
    for (const event of [asOfLater(late!), late!, { ...late!, id: randomUUID() }, asOfBefore(early!)]) {
      await publish(bench, event as CloudEvent);
    }
    const bad = (await badEnd(bench, late!)) ?? (await badEnd(bench, early!));
    if (bad !== null) return bad;
    const begun = await show(bench, unwanted!);
    if (begun !== null && begun.attempts.length > 0)
      return failed('the job that was cancelled before it was asked for was begun', 'report it: this is the stage');
    return passed('five events, two jobs, each done once');
  },
};

async function publish(bench: Workbench, event: CloudEvent): Promise<void> {
  const { stage, name } = bench.definition;
  const type = event.type as 'sedge.job.requested.v1';
  await bench.parts.bus.publish(toolSubject(type, stage, name), event);
}

const LOOK_EVERY_MS = 50;
const MEND =
  'a job is another where its key is: keep its id, the attempt and all paths out of outputs, since an artifact is its content';

/** Waits for a job that must come to the golden result in one attempt. @returns null where it did */
async function badEnd(bench: Workbench, event: AskedEvent): Promise<Finding | null> {
  let job = await show(bench, event);
  for (const deadline = Date.now() + bench.parts.limitMs; Date.now() < deadline; await sleep(LOOK_EVERY_MS)) {
    bench.parts.signal.throwIfAborted();
    if (job !== null && job.state !== 'queued' && job.state !== 'running') break;
    job = await show(bench, event);
  }
  if (job?.state !== 'succeeded') {
    const reason = job?.failure ? ` with ${job.failure.code}: ${job.failure.message}` : '';
    return failed(`at its stage the job is ${job?.state ?? 'unknown'}${reason}`, MEND);
  }
  if (job.attempts.length > 1) return failed(`the job was done ${job.attempts.length} times`, MEND);
  const difference = bench.isRepeatable ? await bench.differenceOfOutputs(job.outputs!) : null;
  return difference === null ? null : failed(`as another job the result is another: ${difference}`, MEND);
}

async function show({ parts }: Workbench, { subject }: AskedEvent): Promise<JobView | null> {
  const answer = await fetch(`${parts.stageUrl}/v1/jobs/${subject}`);
  return answer.status === 404 ? null : ((await answer.json()) as JobView);
}
