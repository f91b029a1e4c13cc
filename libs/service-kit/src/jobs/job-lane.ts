/** How often the queue is looked at without being told: another process may have queued or given up something. */
const POLL_MS = 5000;

export interface LaneWork {
  /** Takes a job that is due. @returns whether there may be more */
  takeNext(): Promise<boolean>;
  /** Milliseconds until the next job is due; null when none waits for its time. */
  nextDueMs(): Promise<number | null>;
  onFailure(error: Error): void;
}

/** Takes jobs one after the other, whenever it is woken and from time to time; a call while it looks makes it look again. */
export class JobLane {
  private isOpen = true;
  private isLooking = false;
  private isAskedAgain = false;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly work: LaneWork) {}

  /** Takes no more. Resolves when nothing is being taken. */
  close(): Promise<void> {
    this.isOpen = false;
    clearTimeout(this.timer);
    return this.looking;
  }

  wake(): void {
    if (!this.isOpen) return;
    if (this.isLooking) {
      this.isAskedAgain = true;
      return;
    }
    this.isLooking = true;
    clearTimeout(this.timer);
    this.looking = this.look().finally(() => {
      this.isLooking = false;
      if (this.isAskedAgain) this.wake();
    });
  }

  private async look(): Promise<void> {
    let pauseMs = POLL_MS;
    try {
      do {
        this.isAskedAgain = false;
        while (this.isOpen && (await this.work.takeNext()));
      } while (this.isAskedAgain && this.isOpen);
      pauseMs = Math.min(POLL_MS, (await this.work.nextDueMs()) ?? POLL_MS);
    } catch (error) {
      this.work.onFailure(error as Error);
    }
    if (this.isOpen) this.timer = setTimeout(() => this.wake(), Math.max(1, pauseMs)).unref();
  }
}
