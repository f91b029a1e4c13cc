import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutNoise, hasNoiseForAll, placeSilence } from './noise-stretches.js';
import { SPLITS } from './recording.js';

const CLIP = 1600;
const someNoise = fc.array(fc.record({ name: fc.string(), length: fc.integer({ min: 1, max: 200_000 }) }), {
  maxLength: 8,
});

describe('stretches of noise', () => {
  it('cover each recording once, in order and without a gap', () => {
    fc.assert(
      fc.property(someNoise, (recordings) => {
        const stretches = cutNoise(recordings, CLIP);
        let at = 0;
        for (const { offset, length } of stretches) {
          expect(offset).toBe(at);
          at += length;
        }
        expect(at).toBe(recordings.reduce((sum, { length }) => sum + length, 0));
      }),
    );
  });

  it('give clips of silence that share no sample between splits and lie within their stretch', () => {
    fc.assert(
      fc.property(someNoise, fc.integer({ min: 1, max: 300 }), (recordings, count) => {
        const stretches = cutNoise(recordings, CLIP);
        for (const split of SPLITS) {
          const clips = placeSilence(stretches, split, count, CLIP);
          const isRoom = stretches.some((stretch) => stretch.split === split && stretch.length >= CLIP);
          expect(clips).toHaveLength(isRoom ? count : 0);
          for (const { stretch, offset } of clips) {
            const own = stretches[stretch]!;
            expect(own.split).toBe(split);
            expect(offset).toBeGreaterThanOrEqual(own.offset);
            expect(offset + CLIP).toBeLessThanOrEqual(own.offset + own.length);
          }
        }
      }),
    );
  });

  it('give clips that do not overlap while there is room', () => {
    const stretches = cutNoise([{ name: 'tap', length: 160_000 }], CLIP);
    const offsets = placeSilence(stretches, 'test', 5, CLIP).map(({ offset }) => offset);
    for (const [at, offset] of offsets.slice(1).entries()) expect(offset - offsets[at]!).toBeGreaterThanOrEqual(CLIP);
  });

  it('leave short recordings to training', () => {
    const stretches = cutNoise([{ name: 'click', length: CLIP * 9 }], CLIP);
    expect(stretches.map(({ split }) => split)).toEqual(['train']);
    expect(hasNoiseForAll(stretches, CLIP)).toBe(false);
  });
});
