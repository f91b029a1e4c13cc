/** A remote file's content, from some byte on. */
export interface RemoteContent {
  chunks: AsyncIterable<Uint8Array>;
  /** the first byte that comes: what was asked for, or 0 where the remote side begins anew */
  from: number;
  /** of the whole file; null where it isn't said */
  totalBytes: number | null;
  /** names this very content, so that a later request can go on with it; null where there is none and a cut means starting anew */
  version: string | null;
}

/** A file that is loaded over a network that may fail. */
export interface RemoteFile {
  /**
   * @param from the first byte that is wanted
   * @param version of the content that the earlier bytes are of; null when `from` is 0
   * @throws ToolError when the remote side refuses; anything else may be tried again
   */
  open(from: number, version: string | null, signal: AbortSignal): Promise<RemoteContent>;
}
