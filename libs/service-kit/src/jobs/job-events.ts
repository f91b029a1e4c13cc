import type { AttemptEventData, EventMap, EventType } from '@sedge/event-contracts';
import type { EventContext, Transaction } from '../state/transactions.service.js';
import { formatTraceparent } from '../tracing/trace-context.js';
import type { JobRow } from './job.js';
import { attemptSpanOf } from './job-spans.js';

/** What every event about an attempt of a job says. */
export function attemptOf(job: JobRow, stage: string): AttemptEventData {
  const { id, tool_name: name, tool_version: version, tool_digest: digest, attempt } = job;
  return { job: id, attempt, tool: { name, version, digest, stage } };
}

/** Publishes an event about a job, within what the job belongs to. @param more what is otherwise for this event */
export function publishAbout<Type extends EventType>(
  transaction: Transaction,
  job: JobRow,
  type: Type,
  data: EventMap[Type],
  more: EventContext = {},
): void {
  transaction.publish(type, job.id, data, { ...contextOf(job), ...more });
}

/** The run and the trace of a job. */
export function contextOf(job: JobRow): EventContext {
  const span = attemptSpanOf(job);
  return {
    ...(job.correlation_id !== null && { correlationId: job.correlation_id }),
    ...(span !== null && { traceparent: formatTraceparent(span) }),
  };
}
