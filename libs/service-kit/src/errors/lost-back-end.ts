import { LostBackEndError, StoreError, type BackEnd } from '@sedge/ports';

/** For whoever asked while a back end was away. */
export const BACK_END_MEND = 'wait until the back ends that are named answer; what was committed is kept';

const CODES: Record<BackEnd, string> = {
  database: 'DATABASE_UNREACHABLE',
  events: 'BROKER_UNREACHABLE',
  artifacts: 'STORE_UNAVAILABLE',
};

/** What a caller is told where a request failed because a back end does not answer; null where that is not why. */
export function lostBackEnd(error: unknown): { code: string; message: string; mend: string } | null {
  if (error instanceof LostBackEndError) {
    return { code: CODES[error.backEnd], message: error.message, mend: BACK_END_MEND };
  }
  if (error instanceof StoreError && error.code === 'STORE_UNAVAILABLE') {
    return { code: CODES.artifacts, message: `artifacts: ${error.message}`, mend: BACK_END_MEND };
  }
  return null;
}
