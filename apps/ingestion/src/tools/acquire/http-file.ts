import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { refusal } from '../../errors.js';
import type { AdmittedHosts } from './admitted-host.js';
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

/** For servers that pack what they were asked for as it is. */
const UNPACKERS: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** A file behind HTTP. A cut load goes on with a range request that holds only for the same content (If-Range, RFC 9110 §13.1.5). */
export class HttpFile implements RemoteFile {
  constructor(
    private readonly address: SourceAddress & { scheme: 'http' },
    private readonly hosts: AdmittedHosts,
    private readonly cancelled: AbortSignal,
  ) {}

  async open(from: number, version: string | null, signal: AbortSignal): Promise<RemoteContent> {
    const range: Record<string, string> =
      from > 0 && version !== null ? { range: `bytes=${from}-`, 'if-range': version } : {};
    const answer = await this.request(range, signal);
    const status = answer.statusCode!;
    if (status === 206) return this.partial(answer, from, version, signal);
    if (status === 200) return { ...contentOf(answer), from: 0, totalBytes: lengthOf(answer.headers) };
    answer.destroy();
    // The part that is wanted is not there: what was loaded belongs to another content.
    if (status === 416 && from > 0) return this.open(0, null, signal);
    if (PASSING.has(status)) throw new Error(`the server answered ${status}`);
    const mend = MENDS[status] ?? 'try the address in a browser';
    throw refusal('INGESTION_SOURCE_REFUSED', { from: this.address.shown, status, mend });
  }

  private async partial(
    answer: IncomingMessage,
    from: number,
    version: string | null,
    signal: AbortSignal,
  ): Promise<RemoteContent> {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers['content-range'] ?? '') ?? [];
    if (Number(first) === from && versionOf(answer.headers) === version) {
      return { ...contentOf(answer), from, totalBytes: total === undefined || total === '*' ? null : Number(total) };
    }
    answer.destroy();
    return this.open(0, null, signal);
  }

  private async request(headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    let { url } = this.address;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      this.cancelled.throwIfAborted();
      const isSameOrigin = url.origin === this.address.url.origin;
      const { authorization } = this.address;
      const all = {
        accept: '*/*',
        'user-agent': 'sedge',
        // A server that packs on the fly could not go on after a cut.
        'accept-encoding': 'identity',
        ...headers,
        ...(isSameOrigin && authorization !== null ? { authorization } : {}),
      };
      const answer = await this.get(url, all, signal);
      const { location } = answer.headers;
      if (!REDIRECTS.has(answer.statusCode!) || location === undefined) return answer;
      answer.destroy();
      url = this.redirected(location, url);
    }
    throw refusal('INGESTION_SOURCE_REDIRECTS', { from: this.address.shown, limit: MOST_REDIRECTS });
  }

  private redirected(location: string, from: URL): URL {
    const url = URL.canParse(location, from.href) ? new URL(location, from) : null;
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
    const reason = `it leads to ${url === null ? 'what is no address' : withoutPassword(url)}`;
    throw refusal('INGESTION_SOURCE_FORM', { from: this.address.shown, reason });
  }

  /** One request, over a connection of its own, so that no other address was looked at than the one that is asked. */
  private async get(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    this.hosts.assertNumbers(url);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const { lookup } = this.hosts;
    return new Promise((resolve, reject) => {
      const asked = send(url, { headers, signal, lookup, agent: false }, resolve);
      asked.on('error', reject).end();
    });
  }
}

function contentOf(answer: IncomingMessage): Pick<RemoteContent, 'chunks' | 'version'> {
  const unpacker = UNPACKERS[(answer.headers['content-encoding'] ?? '').toLowerCase()];
  // What breaks the answer breaks what comes of it, for whoever reads that.
  const chunks = unpacker === undefined ? answer : pipeline(answer, unpacker(), () => undefined);
  return { chunks, version: versionOf(answer.headers) };
}

function versionOf({ etag, 'last-modified': lastModified }: IncomingHttpHeaders): string | null {
  // A weak tag names content that means the same, not the same bytes.
  return etag !== undefined && !etag.startsWith('W/') ? etag : (lastModified ?? null);
}

function lengthOf(headers: IncomingHttpHeaders): number | null {
  const length = headers['content-length'];
  // Of packed content it is the packed length, which nobody here will count.
  return length === undefined || headers['content-encoding'] !== undefined ? null : Number(length);
}
