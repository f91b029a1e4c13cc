import type { ItemView } from '@sedge/workflow';

/** How an item came to its result; null before that is known, and where its job was asked for but ended before it began. */
export function decisionOf({ decision, state, startedAt }: ItemView): ItemView['decision'] {
  const hasBegun = startedAt !== null || state === 'succeeded';
  return decision === 'reused' || hasBegun ? decision : null;
}
