import { describeOutcome } from '../outcome-text.js';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const sideBySide: Check<Workbench> = {
  name: 'side-by-side',
  played: 'the first case twice at the same time, as two workers on one machine do',
  expected: 'both succeed, each as if it were alone',
  async play(bench) {
    const attempts = await Promise.all([bench.run(bench.main), bench.run(bench.main)]);
    const mend = 'keep what an attempt writes in its outputs, its scratch and TMPDIR, never at a fixed place or port';
    for (const attempt of attempts) {
      if (attempt.outputs === null) return failed(`beside another: ${describeOutcome(attempt)}`, mend);
      const difference = bench.isRepeatable ? await bench.differenceFromGolden(attempt) : null;
      if (difference !== null) return failed(`beside another: ${difference}`, mend);
    }
    return passed('neither disturbs the other');
  },
};
