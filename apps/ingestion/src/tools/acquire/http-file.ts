import { refusal } from '../../errors.js';
import type { RemoteContent, RemoteFile } from './remote-file.js';
import { withoutPassword, type SourceAddress } from './source-address.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 10;
/** Answers that may be others a little later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

const MENDS: Record<number, string> = {
  401: 'give a user and password in the address (https://USER:PASSWORD@HOST/…)',
  403: 'ask whoever runs the server for access',
  404: 'correct the address',
  410: 'correct the address',
};

/** A file behind HTTP. A cut load goes on with a range request that holds only for the same content (If-Range, RFC 9110 §13.1.5). */
export class HttpFile implements RemoteFile {
  constructor(
    private readonly address: SourceAddress & { scheme: 'http' },
    private readonly cancelled: AbortSignal,
  ) {}

  async open(from: number, version: string | null, signal: AbortSignal): Promise<RemoteContent> {
    const range: Record<string, string> =
      from > 0 && version !== null ? { range: `bytes=${from}-`, 'if-range': version } : {};
    const response = await this.request(range, signal);
    if (response.status === 206) return this.partial(response, from, version, signal);
    if (response.status === 200) return { ...contentOf(response), from: 0, totalBytes: lengthOf(response) };
    await response.body?.cancel();
    // The part that is wanted is not there: what was loaded belongs to another content.
    if (response.status === 416 && from > 0) return this.open(0, null, signal);
    if (PASSING.has(response.status)) throw new Error(`the server answered ${response.status}`);
    const mend = MENDS[response.status] ?? 'try the address in a browser';
    throw refusal('INGESTION_SOURCE_REFUSED', { from: this.address.shown, status: response.status, mend });
  }

  private async partial(
    response: Response,
    from: number,
    version: string | null,
    signal: AbortSignal,
  ): Promise<RemoteContent> {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    const content = contentOf(response);
    if (Number(first) === from && content.version === version) {
      return { ...content, from, totalBytes: total === undefined || total === '*' ? null : Number(total) };
    }
    await response.body?.cancel();
    return this.open(0, null, signal);
  }

  private async request(headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    let { url } = this.address;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      this.cancelled.throwIfAborted();
      const isSameOrigin = url.origin === this.address.url.origin;
      const { authorization } = this.address;
      const all = {
        // A server that packs on the fly could not go on after a cut.
        'accept-encoding': 'identity',
        ...headers,
        ...(isSameOrigin && authorization !== null ? { authorization } : {}),
      };
      const response = await fetch(url, { headers: all, redirect: 'manual', signal });
      const location = response.headers.get('location');
      if (!REDIRECTS.has(response.status) || location === null) return response;
      await response.body?.cancel();
      url = new URL(location, url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        const reason = `it leads to ${withoutPassword(url)}`;
        throw refusal('INGESTION_SOURCE_FORM', { from: this.address.shown, reason });
      }
    }
    throw refusal('INGESTION_SOURCE_REDIRECTS', { from: this.address.shown, limit: MOST_REDIRECTS });
  }
}

function contentOf(response: Response): Pick<RemoteContent, 'chunks' | 'version'> {
  const tag = response.headers.get('etag');
  // A weak tag names content that means the same, not the same bytes.
  const version = tag !== null && !tag.startsWith('W/') ? tag : response.headers.get('last-modified');
  return { chunks: (response.body ?? []) as unknown as AsyncIterable<Uint8Array>, version };
}

function lengthOf(response: Response): number | null {
  const length = response.headers.get('content-length');
  // Of packed content it is the packed length, which nobody here will count.
  return length === null || response.headers.has('content-encoding') ? null : Number(length);
}
