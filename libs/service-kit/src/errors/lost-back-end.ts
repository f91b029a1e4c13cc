import { LostBackEndError, StoreError, type BackEnd } from '@sedge/ports';
import { httpError } from './http-errors.js';
import type { ServiceError } from './service-error.js';

const CODES = {
  database: 'DATABASE_UNREACHABLE',
  events: 'BROKER_UNREACHABLE',
  artifacts: 'STORE_UNAVAILABLE',
} as const satisfies Record<BackEnd, string>;

/** What a caller is told where a request failed because a back end does not answer; null where that is not why. */
export function lostBackEnd(error: unknown): ServiceError | null {
  if (error instanceof LostBackEndError) return httpError(CODES[error.backEnd], { reason: error.message });
  if (error instanceof StoreError && error.code === 'STORE_UNAVAILABLE') {
    return httpError(CODES.artifacts, { reason: `artifacts: ${error.message}` });
  }
  return null;
}
