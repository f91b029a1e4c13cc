/** Work that a service does again and again, one time after the other. What fails is tried again when the next time comes. */
export class PeriodicWork {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;

  /** @param onFailure is told why a time came to nothing */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly onFailure: (reason: string) => void,
  ) {}

  /** The first time comes after one interval. */
  start(everyMs: number): void {
    this.timer = setInterval(() => void this.now(), everyMs).unref();
  }

  /** Does it now, or waits for the time that is under way. It never rejects. */
  now(): Promise<void> {
    this.underWay ??= this.work()
      .catch((error: Error) => this.onFailure(error.message))
      .finally(() => (this.underWay = undefined));
    return this.underWay;
  }

  /** There is no further time; the one under way ends first. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.underWay;
  }
}
