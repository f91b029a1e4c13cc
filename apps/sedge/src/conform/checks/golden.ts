import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import { differenceOf } from '../artifact-difference.js';
import { failed, passed, type Check } from '../verdict.js';
import { describeOutcome } from '../outcome-text.js';
import { duration } from '../../output/units.js';
import type { Attempt, GoldenCase, Workbench } from '../workbench.js';

export const golden: Check<Workbench> = {
  name: 'golden',
  played: 'each case as it is',
  expected: 'it succeeds, and what comes out is what the case says where it says so',
  async play(bench) {
    const texts: string[] = [];
    for (const one of bench.cases) {
      const attempt = await bench.run(one);
      if (one === bench.main) bench.golden = attempt;
      if (attempt.outcome.status !== 'succeeded') return unsuccessful(one, attempt);
      const difference = attempt.outputs && (await differenceFromExpected(bench, one, attempt));
      if (difference)
        return failed(
          `${one.name}: not what the case expects: ${difference}`,
          'mend the tool, or the case where the tool is right',
        );
      texts.push(`${one.name} in ${duration(attempt.durationMs)}`);
    }
    return passed(texts.join(', '));
  },
};

async function differenceFromExpected(bench: Workbench, one: GoldenCase, { outputs }: Attempt): Promise<string | null> {
  const compared = Object.fromEntries(Object.keys(one.expected).map((name) => [name, outputs![name]!]));
  return differenceOf(bench.parts.store, one.expected, compared);
}

function unsuccessful(one: GoldenCase, attempt: Attempt): ReturnType<typeof failed> {
  const found = `${one.name}: ${describeOutcome(attempt)}`;
  if (one.isGenerated) throw inputsNeeded(found);
  return failed(found, 'mend the tool, or the case where its input is wrong');
}

/** That a tool refuses what was made up says nothing against it. */
export function inputsNeeded(found: string): CommandError {
  const mend = 'give real inputs by --in NAME=PLACE or --cases FILE: these were made up from what the tool declares';
  return new CommandError('CONFORM_INPUTS_NEEDED', found, EXIT.usage, mend);
}
