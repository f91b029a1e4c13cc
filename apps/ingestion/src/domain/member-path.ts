import type { SkipReason } from './skip-reasons.js';

/** The path of an archive's member: clean segments, or why it is refused. `ignored` are files that systems leave behind. */
export type MemberPath =
  { use: 'segments'; segments: string[] } | { use: 'ignored' } | { use: 'refused'; reason: SkipReason };

const LONGEST_PATH = 1024;
const UNREADABLE = /[\p{Cc}\p{Cs}\uFFFD]/u;
const DRIVE = /^[A-Za-z]:/;

/** What the systems of this world put into folders and archives without being asked. */
const LEFTOVERS =
  /^(\._.*|\.DS_Store|Thumbs\.db|desktop\.ini|\.gitattributes|\.gitignore|\.directory|__MACOSX|\.git|@eaDir)$/i;

/**
 * Judges the path of a member. Members are never written under their names; one that points outside tells of an archive that is not what it
 * claims to be, so it is left out and listed. Names are compared in Unicode's composed form, since archives made on a Mac hold the other one.
 */
export function readMemberPath(raw: string): MemberPath {
  if (raw.length > LONGEST_PATH || UNREADABLE.test(raw)) return { use: 'refused', reason: 'odd-name' };
  if (raw.startsWith('/') || raw.includes('\\') || DRIVE.test(raw)) return { use: 'refused', reason: 'unsafe-path' };
  const segments = raw
    .normalize('NFC')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return { use: 'refused', reason: 'unsafe-path' };
  if (segments.length === 0 || segments.some((segment) => LEFTOVERS.test(segment))) return { use: 'ignored' };
  return { use: 'segments', segments };
}
