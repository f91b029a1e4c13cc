interface Mark {
  atMs: number;
  done: number;
}

/** Estimates how long jobs still take from the pace that they have shown since they were first seen. */
export class RemainingTime {
  private readonly first = new Map<string, Mark>();

  /** @returns milliseconds, or null while the pace is not known */
  of(job: string, { done, total }: { done: number; total: number }, nowMs: number): number | null {
    const first = this.first.get(job);
    if (first === undefined || done < first.done) {
      this.first.set(job, { atMs: nowMs, done });
      return null;
    }
    const elapsed = nowMs - first.atMs;
    // A pace from the first moments would jump about.
    if (done === first.done || elapsed < 2000) return null;
    return ((total - done) * elapsed) / (done - first.done);
  }
}
