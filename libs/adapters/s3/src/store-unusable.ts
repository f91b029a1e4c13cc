import { isUntrustedServer } from '@sedge/ports';
import { isRefusal } from './s3-fault.js';

/** The store can't be used as it is named. */
export class StoreUnusableError extends Error {
  readonly code = 'STORE_UNAVAILABLE';
  readonly mend: string;

  /** @param place address of the bucket */
  constructor(place: string, cause: unknown) {
    const { code, message } = cause as { code?: unknown; message?: string };
    const reason = [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ');
    super(`the store at ${place} can't be used: ${reason || String(cause)}`, { cause });
    this.name = 'StoreUnusableError';
    this.mend = mendOf(cause);
  }
}

function mendOf(cause: unknown): string {
  if (isUntrustedServer(cause)) return 'name the file of the authority that vouches for the server: SEDGE_CA_FILE';
  return isRefusal(cause)
    ? 'correct SEDGE_S3_ACCESS_KEY and SEDGE_S3_SECRET_KEY, or let their account use the bucket that SEDGE_S3_URL names'
    : 'start the S3 server, or correct SEDGE_S3_URL';
}
