import type { Call, Interception, Relay } from './relay.js';

/** Holds a worker up in the midst of its work: after it claimed a job, its first call that is not about the job waits for an answer. */
export class Hold {
  private let: () => void = () => undefined;
  private readonly gate: Promise<void>;
  /** asked before each call that is not held; null lets it pass */
  answer: (call: Call) => Interception | null = () => null;
  /** whether the worker waits */
  isHolding = false;

  constructor(relay: Relay) {
    this.gate = new Promise((resolve) => (this.let = resolve));
    let isClaimed = false;
    relay.intercept = async (call) => {
      if (call.job !== null) {
        isClaimed ||= call.job.verb === 'claim';
        return this.answer(call) ?? 'pass';
      }
      if (isClaimed) {
        this.isHolding = true;
        await this.gate;
      }
      return 'pass';
    };
  }

  release(): void {
    this.let();
  }
}

export const NEVER_HELD = 'it asked for nothing after it claimed the job, so it could not be held up';
