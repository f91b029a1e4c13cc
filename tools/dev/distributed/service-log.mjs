// What a service says on standard error, in a file.
import { appendFileSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log that never fails: what the disk has no room for is left out, and it goes on when there is some again. */
export class ServiceLog {
  #file = null;
  #isCut = false;

  constructor(path) {
    this.path = path;
  }

  write(text) {
    try {
      this.#file ??= this.#open();
      // What was written of the last text may have ended anywhere.
      appendFileSync(this.#file, this.#isCut ? `\n${text}` : text);
      this.#isCut = false;
    } catch {
      this.#isCut = true;
      this.close();
    }
  }

  /** Gives the file back until the next text. */
  close() {
    if (this.#file === null) return;
    const file = this.#file;
    this.#file = null;
    try {
      closeSync(file);
    } catch {
      // Network file systems say here that what was written is lost.
    }
  }

  #open() {
    mkdirSync(dirname(this.path), { recursive: true });
    return openSync(this.path, 'a');
  }
}
