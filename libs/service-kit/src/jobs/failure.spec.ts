import { describe, expect, it } from 'vitest';
import { retryDelayMs, type Failure } from './failure.js';

const full: Failure = { class: 'transient', code: 'STORE_FULL', message: 'no room left' };

describe('a full disk', () => {
  it('ends a job that met it four times', () => {
    expect(retryDelayMs(full, 2, 2)).toBe(25_000);
    expect(retryDelayMs(full, 3, 3)).toBeNull();
  });

  it('does not count what failed for other passing reasons', () => {
    expect(retryDelayMs(full, 3, 0)).toBe(125_000);
  });

  it('takes part in the budget of all of them', () => {
    expect(retryDelayMs(full, 4, 0)).toBeNull();
  });
});
