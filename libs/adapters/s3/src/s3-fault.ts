import { S3Error } from 'minio';
import { StoreError, isUntrustedServer } from '@sedge/ports';

const FULL = new Set(['XMinioStorageFull', 'InsufficientCapacity', 'QuotaExceeded', 'ENOSPC', 'EDQUOT']);
const MISSING = new Set(['NoSuchKey', 'NotFound']);
/** Somebody has to change something first. */
const LASTING = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'XAdminUserNotFound',
  'SignatureDoesNotMatch',
  'NoSuchBucket',
  'InvalidBucketName',
]);

/** What the server or the network said, as far as it is theirs; else undefined. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof StoreError) return undefined;
  const { code, message = '' } = (error ?? {}) as { code?: unknown; message?: string };
  if (error instanceof S3Error) return String(code ?? 'InternalError');
  if (typeof code === 'string' && /^(E[A-Z]+|EAI_[A-Z]+|UND_ERR\w*|ERR_STREAM_PREMATURE_CLOSE)$/.test(code))
    return code;
  return /socket hang up|aborted|Retryable HTTP status/.test(message) ? 'ECONNRESET' : undefined;
}

export const isMissing = (error: unknown): boolean => MISSING.has(codeOf(error) ?? '');

/** The upload that was under way is no more: somebody else completed or ended it. */
export const isUploadGone = (error: unknown): boolean => codeOf(error) === 'NoSuchUpload';

/** The server was reached, and wants none of it: waiting helps nobody. */
export const isRefusal = (error: unknown): boolean => LASTING.has(codeOf(error) ?? '');

/** Whether the same request may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !FULL.has(code) && !MISSING.has(code) && !LASTING.has(code) && !saysFull(error);
}

/** Names what went wrong with the store; errors of other origin (the source of the bytes) are given back as they are. */
export function asStoreError(error: unknown, doing: string, place: string): unknown {
  if (isUntrustedServer(error)) {
    const mend = 'name the file of the authority that vouches for the server: SEDGE_CA_FILE';
    return new StoreError('STORE_UNAVAILABLE', `${place}: ${doing} failed (${(error as Error).message}); ${mend}`);
  }
  const code = codeOf(error);
  if (code === undefined) return error;
  const reason = `${code}: ${(error as Error).message || 'no reason given'}`;
  if (FULL.has(code) || saysFull(error)) {
    return new StoreError('STORE_FULL', `${place}: no room left while ${doing} (${reason}); free some and try again`);
  }
  if (MISSING.has(code)) {
    return new StoreError('STORE_BLOB_MISSING', `${place}: no such blob; run the job that made it again`);
  }
  const mend = LASTING.has(code) ? 'correct SEDGE_S3_URL and its keys' : 'check the S3 server';
  return new StoreError('STORE_UNAVAILABLE', `${place}: ${doing} failed (${reason}); ${mend}`, !LASTING.has(code));
}

/** Some servers answer a full disk as an internal error and name it in the text. */
const saysFull = (error: unknown): boolean => /no space left|disk full|quota/i.test((error as Error).message ?? '');
