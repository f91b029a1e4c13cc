/** A network of the published table. */
export interface PaperNet {
  name: string;
  accuracyPercent: number;
  /** 2 x multiply-adds with every convolution at 40 x 16 positions, in millions */
  mfpops: number;
  kilobytes: number;
}

/**
 * Accuracy on Speech Commands v0.01 (ten words, 2,567 test clips), operations and size of the networks that the presets are named after.
 *
 * @see M. de Prado and others, "Bonseyes AI Pipeline: bringing AI to you", table 1
 */
export const PAPER_NETS: readonly PaperNet[] = [
  { name: 'CNN (seed)', accuracyPercent: 94.2, mfpops: 581.1, kilobytes: 1832 },
  { name: 'kws1', accuracyPercent: 95.1, mfpops: 223.4, kilobytes: 707 },
  { name: 'kws3', accuracyPercent: 94.1, mfpops: 87.6, kilobytes: 282.1 },
  { name: 'kws9', accuracyPercent: 93.4, mfpops: 37.7, kilobytes: 125.3 },
  { name: 'DS-CNN (seed)', accuracyPercent: 90.6, mfpops: 69.9, kilobytes: 1017 },
  { name: 'ds-kws1', accuracyPercent: 92.6, mfpops: 11.9, kilobytes: 61.5 },
  { name: 'ds-kws3', accuracyPercent: 91.2, mfpops: 9.7, kilobytes: 48.4 },
  { name: 'ds-kws9', accuracyPercent: 91.3, mfpops: 7.0, kilobytes: 39.0 },
];

const PAPER_CLIPS = 2567;
const PAPER_WORDS = ['yes', 'no', 'up', 'down', 'left', 'right', 'on', 'off', 'stop', 'go'];

/** How a task differs from that of the published table, as a clause; null where classes and number of test clips are the same. */
export function differenceFromPaper(classes: readonly string[], split: string, clips: number): string | null {
  const isSameWords = [...classes].sort().join() === [...PAPER_WORDS].sort().join();
  if (isSameWords && split === 'test' && clips === PAPER_CLIPS) return null;
  const own = `${clips} clips of the ${split} split with ${classes.length} classes`;
  return `${own} in place of ${PAPER_CLIPS} test clips of ten words`;
}
