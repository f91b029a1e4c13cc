/** A place in a list that is ordered newest first: opaque to clients, so that it can change. */
export function encodeCursor(sequence: string): string {
  return Buffer.from(`s${sequence}`).toString('base64url');
}

/** @returns the sequence that a cursor names, or null for a text that is none */
export function decodeCursor(cursor: string): string | null {
  return /^s(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1] ?? null;
}
