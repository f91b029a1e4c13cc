import type { JobWait } from '@sedge/service-kit';

/** Why a job that was asked for does not go on, as users see it. */
export interface WaitView {
  reason: 'stage-silent' | 'not-arrived' | 'queued' | JobWait['reason'];
  message: string;
  /** what somebody has to do so that it goes on; null where it goes on by itself */
  mend: string | null;
  /** for `stage-silent` and `worker`: when the one that is missing was last heard of; null where it never was */
  seenAt: string | null;
}

/** Where a job is asked for. */
export interface AskedStage {
  name: string;
  /** of its HTTP API; null where it is in this process */
  url: string | null;
}

/** The stage could not say how the job is. @param reason e.g. why it could not be connected to */
export function stageSilent({ name, url }: AskedStage, reason: string, seenAt: Date | null): WaitView {
  const place = url === null ? '' : ` at ${url}`;
  const message = `waits for the stage ${name}, which does not answer${place} (${reason}); ${lastHeard(seenAt)}`;
  const mend = `start the service ${name}, or see its log; the job goes on by itself then`;
  return { reason: 'stage-silent', message, mend, seenAt: seenAt?.toISOString() ?? null };
}

/** The stage answers, and has not heard of the job. */
export function notArrived(stage: string): WaitView {
  const message = `waits for the stage ${stage} to take the request from the broker`;
  return { reason: 'not-arrived', message, mend: null, seenAt: null };
}

/**
 * What a stage says of a queued job.
 * @param wait as the stage's API gives it; undefined from a stage of somebody else's, which need not say it
 */
export function stageWait(stage: string, tool: string, wait: JobWait | undefined): WaitView {
  const standing = { mend: null, seenAt: null };
  switch (wait?.reason) {
    case 'worker': {
      // Over HTTP it is text.
      const seenAt = wait.seenAt === null ? null : new Date(wait.seenAt);
      const message = `waits for a worker of ${tool}, which only workers outside run; ${lastHeard(seenAt, 'none')}`;
      const mend = `start one, at the broker's consumer of ${tool} and the stage ${stage}; the job goes on by itself then`;
      return { reason: 'worker', message, mend, seenAt: seenAt?.toISOString() ?? null };
    }
    case 'busy-workers': {
      const who =
        wait.workers === 1 ? 'the one that is at work has another job' : `all ${wait.workers} at work have others`;
      return { reason: 'busy-workers', message: `waits for a worker of ${tool}: ${who}`, ...standing };
    }
    case 'cores':
      return { reason: 'cores', message: 'waits for free cores, which other jobs have', ...standing };
    case undefined:
      return { reason: 'queued', message: `is queued at the stage ${stage}`, ...standing };
  }
}

const lastHeard = (seenAt: Date | null, who = 'nothing'): string =>
  seenAt === null ? `${who} was ever heard of` : `${who} was heard of since ${timeText(seenAt)}`;

/** `2026-11-27 06:45:12 UTC` */
const timeText = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
