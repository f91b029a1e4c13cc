import type { ItemView, RunView } from '@sedge/workflow';

/** What this machine lacked. The message of the failure says how to mend it; the workflow and its inputs stay as they are. */
const ENVIRONMENT =
  /^(TOOL_(COMMAND_MISSING|KILLED|UNAVAILABLE|SERVER_UNREACHABLE)|(ENVIRONMENT|MACHINE|STORE)_\w+|WORKER_LOST|WORKFLOW_JOB_CANCELLED)$/;

/**
 * How to go on with a run that did not succeed. A retry takes the workflow and the inputs as they were when the run began, so it helps where
 * what failed was passing or the machine's; what was mended in files takes effect in a new run, which reuses what is done as well.
 *
 * @param again the command of the new run
 */
export function goOnText(run: Pick<RunView, 'id' | 'state' | 'items'>, again: string): string {
  const retry = `npx sedge retry ${run.id}`;
  if (run.state === 'cancelled') return `Go on: ${retry}`;
  const failed = run.items.filter(({ state }) => state === 'failed');
  const isRetried = failed.length > 0 && failed.every(({ failure }) => isPassing(failure));
  return isRetried
    ? `Go on once the machine is ready: ${retry}`
    : `Mend the cause, then run it again; what is done is reused: ${again}`;
}

function isPassing(failure: ItemView['failure']): boolean {
  if (failure === null) return false;
  return failure.class === 'transient' || failure.class === 'preempted' || ENVIRONMENT.test(failure.code);
}
