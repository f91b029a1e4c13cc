import type { SplitProblem } from '../../domain/split-assignment.js';
import { refusal } from '../../errors.js';

/** Why recordings can't be split, as the tool's error. */
export function refuseSplit(problem: SplitProblem): Error {
  if (problem.problem === 'lists') return refusal('INGESTION_LISTS', { reason: problem.reason });
  if (problem.problem === 'speakers-few') return refusal('INGESTION_SPEAKERS_FEW', { count: problem.count });
  const { speaker, first, second } = problem;
  return refusal('INGESTION_SPEAKER_TWICE', { speaker, first, second });
}
