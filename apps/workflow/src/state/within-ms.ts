import { Script } from 'node:vm';

const WORK = new Script('work()');

/** Does work that stands still for nobody, unless it takes longer than that: then it is cut off, whatever it was about to do. */
export function withinMs<T>(limitMs: number, work: () => T): T | 'timed out' {
  try {
    return WORK.runInNewContext({ work }, { timeout: limitMs }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return 'timed out';
    throw error;
  }
}
