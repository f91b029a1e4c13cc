import type { AttemptEventData, EventMap, EventType } from '@sedge/event-contracts';
import type { EventContext, Transaction } from '../state/transactions.service.js';
import type { JobRow } from './job.js';

/** What every event about an attempt of a job says. */
export function attemptOf(job: JobRow, stage: string): AttemptEventData {
  const { id, tool_name: name, tool_version: version, tool_digest: digest, attempt } = job;
  return { job: id, attempt, tool: { name, version, digest, stage } };
}

/** Publishes an event about a job, within what the job belongs to. */
export function publishAbout<Type extends EventType>(
  transaction: Transaction,
  job: JobRow,
  type: Type,
  data: EventMap[Type],
  causationId?: string,
): void {
  const context: EventContext = {
    ...(job.correlation_id !== null && { correlationId: job.correlation_id }),
    ...(job.traceparent !== null && { traceparent: job.traceparent }),
    ...(causationId !== undefined && { causationId }),
  };
  transaction.publish(type, job.id, data, context);
}
