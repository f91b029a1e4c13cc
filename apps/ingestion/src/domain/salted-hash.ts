import { digestOfBytes } from '@sedge/artifact-contracts';

const DIGITS = 12;

/** A number in [0, 1) that a text and a salt determine, evenly spread and the same everywhere. */
export function saltedHash(salt: string, text: string): number {
  // The salt's length keeps ('ab', 'c') and ('a', 'bc') apart.
  const hex = digestOfBytes(`${salt.length}:${salt}${text}`).slice('sha256:'.length);
  return Number.parseInt(hex.slice(0, DIGITS), 16) / 16 ** DIGITS;
}
