// Forty recordings of two words, out of those of the example.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export const WORDS = ['yes', 'no'];
const CLIPS_PER_WORD = 20;
const ARCHIVE = join('examples', 'keyword-spotting', 'speech-commands.tar');

/** @returns path of an archive with the clips of so many speakers for each word */
export function makeRecordings(folder) {
  const names = execFileSync('tar', ['-tf', ARCHIVE], { encoding: 'utf8' }).split('\n');
  const clips = WORDS.flatMap((word) => firstOfEachSpeaker(names, word).slice(0, CLIPS_PER_WORD));
  const unpacked = join(folder, 'recordings');
  mkdirSync(unpacked, { recursive: true });
  execFileSync('tar', ['-xf', ARCHIVE, '-C', unpacked, ...clips]);
  const archive = join(folder, 'forty-clips.tar');
  execFileSync('tar', ['-cf', archive, '-C', unpacked, ...WORDS]);
  return archive;
}

/** A file's name begins with its speaker. */
function firstOfEachSpeaker(names, word) {
  const clips = names.filter((name) => name.startsWith(`${word}/`) && !name.endsWith('/'));
  const speakers = new Map(clips.reverse().map((name) => [name.split('/')[1].split('_')[0], name]));
  return [...speakers.values()].sort();
}
