import { openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { printable } from '../output/printing.js';

/** A log that has grown beyond this is put aside at the next start, in the place of the one before. */
const LARGE_BYTES = 10e6;

/** Where the process of a data directory writes its log: lines of JSON. */
export function logFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'sedge.log');
}

/**
 * Takes the log of a process that serves a command: it goes to a file of the data directory, since people read the command's own words;
 * with `isVerbose` to standard error too. Lines are written at once, so that the last one before a sudden end is there.
 */
export function processLogTo(dataDirectory: string, isVerbose: boolean): (line: string) => void {
  let file: number | null = null;
  return (line) => {
    if (isVerbose) process.stderr.write(printable(line));
    try {
      file ??= openLog(logFileOf(dataDirectory));
      writeSync(file, line);
    } catch {
      // A disk that is full must not end what runs; what failed for it says so itself.
    }
  };
}

function openLog(path: string): number {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > LARGE_BYTES) renameSync(path, path.replace(/\.log$/, '.earlier.log'));
  return openSync(path, 'a');
}
