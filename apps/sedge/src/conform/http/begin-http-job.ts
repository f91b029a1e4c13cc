import { failed, type Finding } from '../verdict.js';
import type { AttemptRequest, LaidOutAttempt, Workbench } from '../workbench.js';
import { HttpJob, type ResultLine } from './http-job.js';

/** A job of the first case at the server, of which nothing was sent yet. */
export async function beginHttpJob(
  bench: Workbench,
  request: AttemptRequest = {},
): Promise<{ job: HttpJob; laidOut: LaidOutAttempt }> {
  const laidOut = await bench.layOut(bench.main, request);
  return { job: new HttpJob(urlOf(bench), laidOut.file, bench.parts), laidOut };
}

export function urlOf({ definition }: Workbench): string {
  if (definition.runtime.kind !== 'http') throw new Error(`${definition.name} is no http tool`);
  return definition.runtime.url;
}

/** Downloads and judges a result that must be the golden one. @returns null where it is */
export async function badResult(
  bench: Workbench,
  job: HttpJob,
  { file }: LaidOutAttempt,
  result: ResultLine | null,
  mend: string,
): Promise<Finding | null> {
  if (result === null) return failed('the run ended without a line of type result', mend);
  if (result.status === 'failed') return failed(`it failed with ${result.code}: ${result.message}`, mend);
  await job.download(result);
  const { outputs, outputFault } = await bench.take(file);
  if (outputs === null) return failed(outputFault!, mend);
  const difference = bench.isRepeatable ? await bench.differenceOfOutputs(outputs) : null;
  return difference === null ? null : failed(`the result is another: ${difference}`, mend);
}

/** Whether the server still does its work after a trial. @returns null where it does */
export async function isUnfit(bench: Workbench, mend: string): Promise<Finding | null> {
  const attempt = await bench.run(bench.main);
  if (attempt.outputs !== null) return null;
  const { server } = bench.parts;
  const end = server === null || server.isAlive ? '' : `; it has ended: ${server.lastWords}`;
  return failed(`the server did no job any more afterwards${end}`, mend);
}
