import type { ToolLine } from '@sedge/tool-contracts';
import { duration } from '../output/units.js';
import type { Attempt } from './workbench.js';

/** How an attempt ended, as a sentence. */
export function describeOutcome(attempt: Attempt): string {
  const { outcome, isHung, durationMs, outputFault } = attempt;
  if (isHung) return `it was still at work after ${duration(durationMs)}`;
  if (outcome.status === 'cancelled') return 'it was cancelled';
  if (outcome.status === 'succeeded') return outputFault === null ? 'it succeeded' : `it succeeded, but ${outputFault}`;
  const reason = reasonIn(attempt.lines);
  const words = reason === null ? `${outcome.code}: ${outcome.message}` : `${reason.code}: ${reason.message}`;
  return `it failed (${outcome.class}) with ${words}`;
}

/** The reason that the tool gave, as a line of type error. */
export function reasonIn(lines: readonly ToolLine[]): (ToolLine & { type: 'error' }) | null {
  return lines.findLast((line) => line.type === 'error') ?? null;
}
