import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** A SHA-256 digest as it is written everywhere: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether a value is a well-formed digest. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

/** The digest of bytes, or of the UTF-8 bytes of a text. */
export function digestOfBytes(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of a JSON value: that of its canonical text. */
export function digestOfJson(value: unknown): Digest {
  return digestOfBytes(canonicalJson(value));
}
