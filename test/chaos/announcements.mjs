// What stages have committed, and what they said of it: whatever is in their tables, an event told it. Others may have found out without.

/**
 * @param jobs as the tables of a stage have them at the end
 * @param events all that were said, in any order; the same one may be among them several times
 * @returns one sentence for each thing that was committed and that no event told
 */
export function faultsOfAnnouncements(jobs, events) {
  const said = new Set(events.map(({ type, subject, data }) => keyOf(type, subject, data.attempt)));
  const stored = new Set(
    events.filter(({ type }) => type === 'sedge.artifact.stored.v1').map(({ subject }) => subject),
  );
  return jobs.flatMap(({ job, succeeded, attempts, outputs }) => [
    ...attempts
      .filter((attempt) => !said.has(keyOf('sedge.job.started.v1', job, attempt)))
      .map((attempt) => `no event tells that the attempt ${attempt} of job ${job} was started`),
    ...succeeded
      .filter((attempt) => !said.has(keyOf('sedge.job.succeeded.v1', job, attempt)))
      .map((attempt) => `no event tells that the attempt ${attempt} of job ${job} succeeded`),
    ...outputs
      .filter((artifact) => !stored.has(artifact))
      .map((artifact) => `no event tells that job ${job} stored ${artifact}`),
  ]);
}

const keyOf = (type, job, attempt) => `${type} ${job} ${attempt}`;
