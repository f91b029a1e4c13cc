import { basename, isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refusal } from '../../errors.js';

/** Where a source lies. `shown` is fit for messages: it holds no password. */
export type SourceAddress = { shown: string } & (
  | { scheme: 'path'; path: string }
  | { scheme: 'http'; url: URL; authorization: string | null; name: string }
  | { scheme: 's3'; bucket: string; key: string; name: string }
);

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** @throws INGESTION_SOURCE_FORM */
export function parseSourceAddress(from: string): SourceAddress {
  const scheme = SCHEME.exec(from)?.[1]?.toLowerCase();
  if (scheme === undefined) return pathAddress(from, from);
  const url = parseUrl(from);
  if (scheme === 'file') return pathAddress(from, pathOfFileUrl(url, from));
  if (scheme === 's3') return s3Address(from);
  if (scheme === 'http' || scheme === 'https') return httpAddress(url);
  throw refusal('INGESTION_SOURCE_FORM', { from: withoutPassword(url), reason: `${scheme}:// is not known` });
}

/** An address as it may be shown. */
export function withoutPassword(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  shown.search = shown.search === '' ? '' : '?…';
  return shown.href.replace('?%E2%80%A6', '?…');
}

function pathAddress(from: string, path: string): SourceAddress {
  if (!isAbsolute(path)) throw refusal('INGESTION_SOURCE_FORM', { from, reason: 'the path is not absolute' });
  if (path.includes('\0')) throw refusal('INGESTION_SOURCE_FORM', { from: '(path)', reason: 'it holds a zero byte' });
  return { scheme: 'path', shown: path, path };
}

function parseUrl(from: string): URL {
  try {
    return new URL(from);
  } catch {
    throw refusal('INGESTION_SOURCE_FORM', { from: from.replace(/\/\/[^@/]*@/, '//'), reason: 'it is no address' });
  }
}

function pathOfFileUrl(url: URL, from: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw refusal('INGESTION_SOURCE_FORM', { from, reason: (error as Error).message });
  }
}

function httpAddress(given: URL): SourceAddress {
  const url = new URL(given);
  const { username, password } = url;
  const isSecret = username !== '' || password !== '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  url.username = '';
  url.password = '';
  url.hash = '';
  const authorization = isSecret ? `Basic ${Buffer.from(pair).toString('base64')}` : null;
  return {
    scheme: 'http',
    shown: withoutPassword(url),
    url,
    authorization,
    name: nameIn(url.pathname) || url.hostname,
  };
}

/** The key is taken as it stands: in S3 a `?`, `#` or `%` is a letter like others. */
function s3Address(from: string): SourceAddress {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/i.exec(from) ?? [];
  if (bucket === undefined || key === undefined || key.endsWith('/')) {
    throw refusal('INGESTION_SOURCE_FORM', { from, reason: 'it names no object: s3://BUCKET/KEY' });
  }
  return { scheme: 's3', shown: from, bucket, key, name: basename(key) };
}

function nameIn(path: string): string {
  try {
    return basename(decodeURIComponent(path));
  } catch {
    return basename(path);
  }
}
