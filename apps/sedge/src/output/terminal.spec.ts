import { describe, expect, it } from 'vitest';
import { bar, fit } from './terminal.js';

describe('lines of a terminal', () => {
  it('are cut to its width without breaking an escape sequence', () => {
    expect(fit('\x1b[33mabcdef\x1b[0mgh', 4)).toBe('\x1b[33mabcd\x1b[0m');
    expect(fit('abc', 80)).toBe('abc');
  });

  it('show shares as bars that never leave their bounds', () => {
    expect(bar(1, 2, 4)).toBe('[██░░]  50 %');
    expect(bar(7, 2, 4)).toBe('[████] 100 %');
    expect(bar(0, 0, 4)).toBe('[░░░░]   0 %');
  });
});
