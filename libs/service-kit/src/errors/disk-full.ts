/** By file system, artifact store and database (SQLSTATE disk_full). */
const DISK_FULL_CODES = new Set<unknown>(['ENOSPC', 'EDQUOT', 'STORE_FULL', '53100']);

/** Whether an error says that a disk has no room, whoever said it. */
export function isDiskFull(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && DISK_FULL_CODES.has(error.code);
}
