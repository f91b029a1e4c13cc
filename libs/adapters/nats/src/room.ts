/** Lets so many works go on at once; the others wait, and begin in the order in which they came. */
export class Room {
  private underWay = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly places: number) {}

  async use<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.underWay >= this.places) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.underWay++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.underWay--;
    }
  }
}
