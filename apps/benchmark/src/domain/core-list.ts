/** The last core of a list as Linux writes them, e.g. `0-3,8`; null when the text is none. */
export function lastCoreOf(list: string): number | null {
  const last = /(\d+)$/.exec(list.trim())?.[1];
  return last === undefined ? null : Number(last);
}
