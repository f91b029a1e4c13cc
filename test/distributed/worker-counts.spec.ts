import { describe, expect, it } from 'vitest';
import { workerCounts } from '../../tools/dev/distributed/worker-counts.mjs';

const STAGES = ['ingestion', 'training'];

describe('how many workers a stage has', () => {
  it.each([
    [[], { ingestion: 1, training: 1 }],
    [['4'], { ingestion: 4, training: 4 }],
    [['training=3'], { ingestion: 1, training: 3 }],
    [['training=3', '2'], { ingestion: 2, training: 3 }],
  ])('%j', (texts, counts) => {
    expect(workerCounts(texts, STAGES)).toEqual(counts);
  });

  it.each(['0', '65', '-1', '2.5', 'many', 'training=', 'training=0', '=2', 'nas=2', ''])('is not %j', (text) => {
    expect(() => workerCounts([text], STAGES)).toThrow(`--workers '${text}'`);
  });
});
