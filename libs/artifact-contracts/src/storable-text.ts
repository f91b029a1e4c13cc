/** What of a text no database keeps: NUL, and a lone surrogate, which UTF-8 has no bytes for. @returns null where there is none */
export function unstorableIn(text: string): string | null {
  if (text.includes('\0')) return 'a NUL character';
  return text.isWellFormed() ? null : 'half a character';
}

/** The same text with U+FFFD in the places of what no database keeps: for words of others that must not be lost over it. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
