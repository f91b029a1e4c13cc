import type { ModelMetadata } from '@sedge/artifact-contracts';
import { describe, expect, it } from 'vitest';
import { accuracyReport } from './accuracy-report.js';
import { medianWithInterval } from './bootstrap.js';
import { argmax, commonMistakes, countConfusion, softmax } from './confusion.js';
import { accuracyPage } from './page/accuracy-page.js';
import { differenceFromPaper } from './paper-table.js';
import { poissonInterval } from './poisson-interval.js';
import { wilson } from './proportion.js';
import { median, quantile } from './quantile.js';
import { seededRandom } from './random.js';

describe('wilson', () => {
  // R: prop.test(x, n, correct = FALSE)$conf.int
  it.each([
    [81, 263, 0.2552972, 0.3662143],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611252],
    [20, 20, 0.8388748, 1],
    [1, 29, 0.0061149, 0.1717552],
  ])('gives the published interval of %i in %i', (successes, n, low, high) => {
    const interval = wilson(successes, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  it('knows nothing from no trial', () => {
    expect(wilson(0, 0)).toEqual({ value: 0, low: 0, high: 1, n: 0 });
  });

  it('covers the truth in about 95 % of cases', () => {
    const random = seededRandom(3);
    let covered = 0;
    for (let trial = 0; trial < 4000; trial++) {
      let successes = 0;
      for (let i = 0; i < 60; i++) successes += random() < 0.85 ? 1 : 0;
      const { low, high } = wilson(successes, 60);
      covered += low <= 0.85 && 0.85 <= high ? 1 : 0;
    }
    expect(covered / 4000).toBeGreaterThan(0.93);
    expect(covered / 4000).toBeLessThan(0.97);
  });
});

describe('poissonInterval', () => {
  // Garwood's table, as in any textbook on rates: 95 % limits of a count.
  it.each([
    [0, 0, 3.6889],
    [1, 0.0253, 5.5716],
    [5, 1.6235, 11.6683],
    [10, 4.7954, 18.3904],
    [100, 81.364, 121.6266],
    [1000, 938.97, 1063.97],
  ])('gives the published limits of %i', (count, low, high) => {
    const interval = poissonInterval(count);
    expect(interval.low).toBeCloseTo(low, count < 1000 ? 3 : 1);
    expect(interval.high).toBeCloseTo(high, count < 1000 ? 3 : 1);
  });
});

describe('quantile', () => {
  it('is that of R, type 7', () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(quantile([9, 1, 5], 0.9)).toBeCloseTo(8.2, 12);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('medianWithInterval', () => {
  it('is narrow for equal numbers and repeatable', () => {
    expect(medianWithInterval([2, 2, 2, 2])).toEqual({ value: 2, low: 2, high: 2 });
    const values = Array.from({ length: 30 }, (_, i) => Math.sin(i));
    expect(medianWithInterval(values)).toEqual(medianWithInterval(values));
  });

  it('covers the median of a skewed distribution in about 95 % of cases', () => {
    const random = seededRandom(5);
    let covered = 0;
    for (let trial = 0; trial < 120; trial++) {
      const { low, high } = medianWithInterval(Array.from({ length: 41 }, () => -Math.log(1 - random())));
      covered += low <= Math.LN2 && Math.LN2 <= high ? 1 : 0;
    }
    expect(covered / 120).toBeGreaterThan(0.87);
    expect(covered / 120).toBeLessThan(0.995);
  });
});

describe('countConfusion', () => {
  const confusion = countConfusion(['a', 'b', 'c'], [0, 0, 1, 1, 1], [0, 1, 1, 1, 0]);

  it('counts by true and predicted class', () => {
    expect(confusion.matrix).toEqual([
      [1, 1, 0],
      [1, 2, 0],
      [0, 0, 0],
    ]);
    expect(confusion.top1).toMatchObject({ value: 0.6, n: 5 });
    expect(confusion.perClass[1]).toMatchObject({
      name: 'b',
      recall: { value: 2 / 3, n: 3 },
      precision: { value: 2 / 3, n: 3 },
    });
    expect(confusion.perClass[2]!.recall).toEqual({ value: 0, low: 0, high: 1, n: 0 });
  });

  it('names what is mixed up most', () => {
    expect(
      commonMistakes(
        [
          [5, 3],
          [7, 0],
        ],
        1,
      ),
    ).toEqual([[1, 0, 7]]);
  });
});

describe('softmax', () => {
  it('sums to one for scores of any size', () => {
    const probabilities = softmax([1000, 1001, -1000]);
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(probabilities[1]! / probabilities[0]!).toBeCloseTo(Math.E, 9);
    expect(argmax([1, 3, 3])).toBe(1);
  });
});

describe('differenceFromPaper', () => {
  const words = ['go', 'yes', 'no', 'up', 'down', 'left', 'right', 'on', 'off', 'stop'];

  it('finds none on the words and clips of the paper', () => {
    expect(differenceFromPaper(words, 'test', 2567)).toBeNull();
  });

  it('says what is different', () => {
    expect(differenceFromPaper(words, 'test', 406)).toContain('406 clips');
    expect(differenceFromPaper([...words, 'silence'], 'test', 2567)).toContain('11 classes');
  });
});

describe('PAPER_NETS', () => {
  it('is shown beside a model, with a word about the task', () => {
    const labels = [0, 1];
    const model = { mfpops: 223.4, sizeBytes: 707_000 } as ModelMetadata;
    const facts = { title: 't', engine: 'e', split: 'test', classes: ['a', 'b'], labels, predictions: labels, model };
    const page = accuracyPage(accuracyReport(facts));
    expect(page).toContain('This is another task');
    expect(page).toContain('223.4');
    expect(accuracyPage(accuracyReport({ ...facts, model: null }))).not.toContain('published');
  });
});
