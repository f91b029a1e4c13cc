import { errorsOf } from './errors/service-error.js';

/** What a stage answers when it can't do what a caller wants. */
export const STAGE_ERRORS = {
  JOB_UNKNOWN: {
    status: 404,
    sentence: 'no stage of this process has the job {job}',
    mend: 'take the id from a run: npx sedge runs show RUN',
  },
  JOB_NOT_QUEUED: {
    status: 409,
    sentence: 'the job {job} is {state} and cannot be claimed',
    mend: 'claim a job that waits; another worker has this one, or it is done',
  },
  JOB_TOOL_DIFFERS: {
    status: 409,
    sentence: 'the job is for the tool {wanted} and the worker has {given}',
    mend: 'run the version of the tool that the job names',
  },
  JOB_ATTEMPT_STALE: {
    status: 409,
    sentence: 'attempt {attempt} of the job {job} is no longer the current one',
    mend: 'drop the work: the lease was lost and another attempt has begun, or the job has ended',
  },
  JOB_OUTPUT_INVALID: {
    status: 422,
    sentence: "output '{output}': {reason}",
    mend: 'upload the artifact first and name its id, with the kind that the tool declares',
  },
  JOB_LOG_UNKNOWN: {
    status: 404,
    sentence: 'the job {job} has no log of attempt {attempt}',
    mend: 'leave the attempt out to get the latest',
  },
  JOB_LOG_ELSEWHERE: {
    status: 502,
    sentence: 'the log of attempt {attempt} is with the worker {worker}, which does not answer: {reason}',
    mend: 'start that worker again, or look into the logs folder of its data directory',
  },
  TOOL_UNKNOWN: {
    status: 404,
    sentence: "no stage of this process has a tool '{tool}'",
    mend: '{suggestion}; list the tools: npx sedge tools list',
  },
} as const;

export const stageError = errorsOf(STAGE_ERRORS);
