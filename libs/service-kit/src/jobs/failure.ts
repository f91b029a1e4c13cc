import { storableText } from '@sedge/artifact-contracts';
import { StoreError, ToolUnavailableError, type ToolOutcome } from '@sedge/ports';
import { ToolError, passingShortage, type FailureClass } from '@sedge/tool-contracts';

export interface Failure {
  class: FailureClass;
  code: string;
  message: string;
}

/** The class of a failure, by the error that it was: what may pass by itself is tried again, what a tool says of its input is not. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ToolError || error instanceof ToolUnavailableError) {
    return { class: 'permanent', code: error.code, message: error.message };
  }
  if (error instanceof StoreError) {
    const isPassing = error.transient || error.code === 'STORE_FULL';
    return { class: isPassing ? 'transient' : 'permanent', code: error.code, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  const shortage = passingShortage(error);
  if (shortage !== null) return { class: 'transient', code: `MACHINE_${shortage}`, message: message || shortage };
  return { class: 'permanent', code: 'TOOL_FAILED', message };
}

export function outcomeOfError(error: unknown): ToolOutcome {
  return { status: 'failed', ...failureOf(error) };
}

const CODE_LIMIT = 200;
const MESSAGE_LIMIT = 10_000;

/** The failure in words that tables and events have room for: tools, and the names of files in what they say, hold anything. */
export function sayable({ class: failureClass, code, message }: Failure): Failure {
  return {
    class: failureClass,
    code: storableText(code.slice(0, CODE_LIMIT)) || 'TOOL_FAILED',
    message: storableText(message.length > MESSAGE_LIMIT ? `${message.slice(0, MESSAGE_LIMIT)} … (cut)` : message),
  };
}

/** Pauses before the retries of each class; where a list ends, so does the budget. */
const RETRY_DELAYS_MS: Record<FailureClass, readonly number[]> = {
  transient: [1000, 5000, 25_000, 125_000],
  // A worker that was taken away says nothing against the job; ten times since it was asked for do.
  preempted: [0, 0, 1000, 2000, 5000, 10_000, 20_000, 40_000, 60_000, 60_000],
  permanent: [],
};

/**
 * A full disk has room again when another job ends, or not before someone makes some: whoever waits should hear of it, after half a minute.
 * Sooner would end jobs on a disk that is full again and again for a moment.
 */
export const DISK_FULL: readonly string[] = ['STORE_FULL', 'MACHINE_ENOSPC', 'MACHINE_EDQUOT'];
const DISK_RETRIES = 3;

/**
 * The pause before the next attempt, or null when the budget of the class is spent.
 * @param earlier failures of this class so far
 * @param earlierFull those among them that were for a full disk
 */
export function retryDelayMs(
  { class: failureClass, code }: Failure,
  earlier: number,
  earlierFull: number,
): number | null {
  if (DISK_FULL.includes(code) && earlierFull >= DISK_RETRIES) return null;
  return RETRY_DELAYS_MS[failureClass][earlier] ?? null;
}
