import { suggestName } from '@sedge/tool-contracts';
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

/** A mend that names what was probably meant: searched for only where the mistake is told. */
export interface NameSearch {
  written: string;
  among: Iterable<string>;
}

/** The sentence itself. */
export function mendText(mend: string | NameSearch): string {
  return typeof mend === 'string' ? mend : suggestName(mend.written, mend.among);
}

/** Names that are compared for all mistakes of one check; the last of many mistakes among thousands of names do without. */
const MOST_COMPARED = 50_000;

/** Above this many, further mistakes help nobody. */
const MOST_MISTAKES = 200;

/** Collects mistakes, so that one check reports all of them. */
export class Mistakes {
  private compared = 0;
  private readonly found = new Map<string, Mistake>();

  add(code: MistakeCode, place: Place, message: string, mend: string | NameSearch): void {
    if (this.found.size >= MOST_MISTAKES) return;
    // The items of a sweep share what stands in the file: the same mistake is told once.
    const key = `${place.file}:${place.line}:${place.column}:${code}:${message}`;
    if (!this.found.has(key)) {
      this.found.set(key, { code, message, place, mend: this.mendOf(mend) });
    }
  }

  private mendOf(mend: string | NameSearch): string {
    if (typeof mend === 'string') return mend;
    const among = [...mend.among];
    this.compared += among.length;
    return this.compared <= MOST_COMPARED
      ? mendText({ ...mend, among })
      : `write one of the ${among.length} that there are`;
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
