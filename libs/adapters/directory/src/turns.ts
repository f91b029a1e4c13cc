/** Lets works about one thing come one after the other. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  /** Runs `work` when all that came before it for the same thing has ended. */
  async take<Result>(thing: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.last.get(thing);
    const result = before === undefined ? work() : before.then(work);
    const settled = result.catch(() => undefined);
    this.last.set(thing, settled);
    try {
      return await result;
    } finally {
      if (this.last.get(thing) === settled) this.last.delete(thing);
    }
  }
}
