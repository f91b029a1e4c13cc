// What tools noted of their own executions, beside what the stages say: neither sees what the other writes.
import { existsSync, readFileSync } from 'node:fs';

/**
 * @param attempts of every job of the tool, as the stage has them: job, number, outcome
 * @param askers how many runs asked for each job
 * @returns one sentence for each fault
 */
export function faultsOfExecutions(ledger, attempts, askers) {
  const known = new Map(attempts.map(({ job, number, outcome }) => [`${job} ${number}`, outcome]));
  const [begun, done, failures] = [new Set(), new Set(), new Map()];
  const faults = [];
  const lines = existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').slice(0, -1) : [];
  for (const line of lines) {
    const [what, job, number] = line.split(' ');
    const attempt = `${job} ${number}`;
    if (what === 'fail') failures.set(job, (failures.get(job) ?? 0) + 1);
    if (what === 'end' && known.get(attempt) === 'succeeded') done.add(job);
    if (what !== 'begin') continue;
    if (!known.has(attempt)) faults.push(`attempt ${number} of ${job} was executed, and its stage does not know of it`);
    if (begun.has(attempt)) faults.push(`attempt ${number} of ${job} was executed twice`);
    if (done.has(job)) faults.push(`the finished job ${job} was executed again, in attempt ${number}`);
    begun.add(attempt);
  }
  return [...faults, ...failedOften(failures, attempts, askers)];
}

/** What a tool refuses is refused once for each run that asks, apart from attempts whose worker was gone before it could say so. */
function failedOften(failures, attempts, askers) {
  const lost = new Map();
  for (const { job, outcome } of attempts)
    if (outcome === 'preempted' || outcome === 'handed-back') lost.set(job, (lost.get(job) ?? 0) + 1);
  return [...failures]
    .filter(([job, times]) => times > (askers.get(job) ?? 0) + (lost.get(job) ?? 0))
    .map(
      ([job, times]) =>
        `the job ${job} failed for good and was executed ${times} times, for ${askers.get(job)} runs and with ${lost.get(job) ?? 0} workers lost`,
    );
}
