import { StoreError } from './artifact-store.port.js';

/** The back ends of a process, in the words of its readiness. */
export type BackEnd = 'database' | 'events' | 'artifacts';

/** A back end does not answer for now: what was asked for may be asked for again once it does. What was committed is kept. */
export class LostBackEndError extends Error {
  /** @param cause what the connection to it said */
  constructor(
    readonly backEnd: BackEnd,
    cause: unknown,
  ) {
    super(backEndReason(backEnd, cause), { cause });
    this.name = 'LostBackEndError';
  }
}

/** Whether a fault is only that a back end does not answer for now, which says nothing of what was asked for. */
export function isBackEndAway(error: unknown): boolean {
  return error instanceof LostBackEndError || (error instanceof StoreError && error.code === 'STORE_UNAVAILABLE');
}

/** What is wrong with a back end, e.g. `database: connect ECONNREFUSED 127.0.0.1:5432`. */
export const backEndReason = (backEnd: BackEnd, fault: unknown): string => `${backEnd}: ${sentenceOf(fault)}`;

/** A name with several addresses gives an error without words for those that each of them gave. */
function sentenceOf(fault: unknown): string {
  if (fault instanceof AggregateError && fault.message === '') return fault.errors.map(sentenceOf).join(', ');
  return fault instanceof Error ? fault.message : String(fault);
}
