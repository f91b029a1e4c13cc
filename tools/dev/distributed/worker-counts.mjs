// How many copies of each stage run: `4` is of every stage, `training=3` of that one.

const MOST = 64;

/**
 * @param texts in any order; what names a stage counts before what names none
 * @param stages those that run
 * @returns copies of each stage, 1 where nothing is said
 * @throws Error
 */
export function workerCounts(texts, stages) {
  let ofAll = 1;
  const counts = {};
  for (const text of texts) {
    const [, stage, number] = /^(?:([a-z][\w-]*)=)?(\d+)$/.exec(text) ?? [];
    const count = Number(number);
    if (number === undefined || count < 1 || count > MOST)
      throw new Error(`--workers '${text}' is neither a number from 1 to ${MOST} nor one of a stage, as training=2`);
    if (stage === undefined) ofAll = count;
    else if (stages.includes(stage)) counts[stage] = count;
    else throw new Error(`--workers '${text}': ${stage} is none of the stages that run: ${stages.join(', ')}`);
  }
  return Object.fromEntries(stages.map((stage) => [stage, counts[stage] ?? ofAll]));
}
