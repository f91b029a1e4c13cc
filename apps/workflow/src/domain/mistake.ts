import type { MistakeCode } from '../errors.js';

/** Where something stands in a file; lines and columns count from 1. */
export interface Place {
  /** the file's name, or `--set NAME` for a value that was given with the request */
  file: string;
  line: number;
  column: number;
}

/** Something wrong in a workflow, found before anything runs. */
export interface Mistake {
  code: MistakeCode;
  /** what is wrong, in one sentence */
  message: string;
  place: Place;
  /** what to do about it */
  mend: string;
}

/** Above this many, further mistakes help nobody. */
const MOST_MISTAKES = 200;

/** Collects mistakes, so that one check reports all of them. */
export class Mistakes {
  private readonly found = new Map<string, Mistake>();

  add(code: MistakeCode, place: Place, message: string, mend: string): void {
    if (this.found.size >= MOST_MISTAKES) return;
    // The items of a sweep share what stands in the file: the same mistake is told once.
    const key = `${place.file}:${place.line}:${place.column}:${code}:${message}`;
    if (!this.found.has(key)) this.found.set(key, { code, message, place, mend });
  }

  get count(): number {
    return this.found.size;
  }

  /** In the order of the file. */
  list(): Mistake[] {
    return [...this.found.values()].sort(
      (a, b) => compare(a.place.file, b.place.file) || a.place.line - b.place.line || a.place.column - b.place.column,
    );
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
