import type { DeadLetter } from './event-bus.port.js';

/** A dead letter as it is kept. */
export interface KeptLetter extends DeadLetter {
  /** names it in commands */
  id: string;
  keptAt: Date;
}

/** The events that could not be handled, until someone has looked at them. */
export interface DeadLetters {
  /** Oldest first. @param after the id of the last one that was seen */
  list(limit: number, after?: string): Promise<KeptLetter[]>;
  count(): Promise<number>;
  find(id: string): Promise<KeptLetter | null>;
  /** Sends the event again, at least to the consumer that could not handle it, then forgets the letter. Who handled it before takes it for a duplicate. */
  replay(id: string): Promise<boolean>;
  /** Forgets a letter. @returns whether it was there */
  discard(id: string): Promise<boolean>;
}

export const DEAD_LETTERS = Symbol('DeadLetters');
