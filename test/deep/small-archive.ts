import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const SHIPPED = resolve('examples', 'keyword-spotting', 'speech-commands.tar');
const BLOCK = 512;
const NOISES = 1;

/**
 * Writes an archive like the shipped one, which is a plain ustar, with few of its recordings: of each word the first by speakers that are
 * not in it yet with that word, and one of the noises.
 */
export function writeSmallArchive(path: string, words: readonly string[], perWord: number): void {
  const shipped = readFileSync(SHIPPED);
  const taken = new Map<string, number>();
  const parts: Buffer[] = [];
  for (let at = 0; at < shipped.length && shipped[at] !== 0;) {
    const name = shipped.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = parseInt(shipped.toString('latin1', at + 124, at + 136), 8);
    const next = at + BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const [, word, isFirst] = /^(\w+)\/\w+?(_nohash_0)?\.flac$/.exec(name) ?? [];
    const wanted = word === '_background_noise_' ? NOISES : isFirst && words.includes(word!) ? perWord : 0;
    if (word !== undefined && (taken.get(word) ?? 0) < wanted) {
      taken.set(word, (taken.get(word) ?? 0) + 1);
      parts.push(shipped.subarray(at, next));
    }
    at = next;
  }
  writeFileSync(path, Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}
