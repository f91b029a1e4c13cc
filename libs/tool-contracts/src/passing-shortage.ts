/** What the machine or its network lacks for the moment, by the system's error code. */
const CODES = new Set([
  ...['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EBUSY'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EAI_AGAIN'],
]);

/** The system's code of an error that may be over by itself in a moment, and says nothing of what was done. @returns null for all others */
export function passingShortage(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && CODES.has(code) ? code : null;
}
