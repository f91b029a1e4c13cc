import { describe, expect, it } from 'vitest';
import { confusionTable } from './confusion-table.js';

describe('a confusion matrix', () => {
  it('has whole names where it is small', () => {
    const text = confusionTable(
      ['no', 'stop'],
      [
        [12, 0],
        [3, 1000],
      ],
    );
    expect(text).toBe(['        no stop', '  no    12    ·', 'stop     3 1000'].join('\n'));
  });

  it('cuts names where it would outgrow the screen', () => {
    const classes = Array.from({ length: 30 }, (_, at) => `class-${at}`);
    const lines = confusionTable(
      classes,
      classes.map(() => classes.map(() => 1)),
    ).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(130);
    expect(lines[0]).toContain(' cla cla ');
  });
});
