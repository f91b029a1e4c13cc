import { StoreError } from '@sedge/ports';

/** Codes by which a file system says that there is no room: disk, quota, file size limit, directory entries. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EMLINK']);

/** The code of a file system's error, or undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Names what went wrong with the disk; errors of other origin (the source of the bytes) are given back as they are. */
export function asStoreError(error: unknown, doing: string, place: string): unknown {
  const code = codeOf(error);
  if (error instanceof StoreError || code === undefined) return error;
  if (FULL.has(code)) {
    return new StoreError(
      'STORE_FULL',
      `${place}: no room left while ${doing} (${code}); free some disk and try again`,
    );
  }
  const reason = (error as Error).message;
  return new StoreError('STORE_UNAVAILABLE', `${place}: the disk failed while ${doing} (${reason}); check the disk`);
}
