import { EXIT_CODES, type FailureClass } from './protocol.js';

/** How a program ended: by an exit code, or by a signal. */
export interface ProgramEnding {
  code: number | null;
  /** e.g. `SIGKILL` */
  signal: string | null;
  /** the last line that it said beside the protocol; empty: none */
  lastWords: string;
}

export interface EndingFailure {
  class: FailureClass;
  code: 'TOOL_KILLED' | 'TOOL_CRASHED' | 'TOOL_FAILED';
  message: string;
}

/** Signals by which a program ends through its own fault; the same input ends it the same way again. */
const CRASHES = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS', 'SIGTRAP']);

/** What a tool's ending means. @returns null for success */
export function failureOf({ code, signal, lastWords }: ProgramEnding): EndingFailure | null {
  if (code === EXIT_CODES.success) return null;
  const words = lastWords === '' ? '' : `: ${lastWords}`;
  if (signal !== null && !CRASHES.has(signal)) {
    const message = `the tool was killed by ${signal} from outside; the system does so when memory runs out${words}`;
    return { class: 'transient', code: 'TOOL_KILLED', message };
  }
  if (signal !== null)
    return { class: 'permanent', code: 'TOOL_CRASHED', message: `the tool ended by ${signal}${words}` };
  const message = `the tool ended with exit code ${code}${words}`;
  return { class: code === EXIT_CODES.transient ? 'transient' : 'permanent', code: 'TOOL_FAILED', message };
}
