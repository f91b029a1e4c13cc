const STEPS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** A size for readers, in decimal units. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (value >= 1000 && step < STEPS.length - 1) {
    value /= 1000;
    step++;
  }
  return `${step === 0 ? value : value.toPrecision(3)} ${STEPS[step]}`;
}
