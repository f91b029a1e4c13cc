import { describeOutcome } from '../outcome-text.js';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const sideBySide: Check<Workbench> = {
  name: 'side-by-side',
  played: 'the first case twice at the same time, in two attempts with folders of their own',
  expected: 'both succeed, each as if it were alone',
  async play(bench) {
    const attempts = await Promise.all([1, 2].map((number) => bench.run(bench.main, { number })));
    const mend = 'keep what an attempt writes in its outputs, its scratch and TMPDIR, never at a fixed place or port';
    for (const attempt of attempts) {
      if (attempt.outputs === null) return failed(`beside another: ${describeOutcome(attempt)}`, mend);
      const difference = bench.isRepeatable ? await bench.differenceFromGolden(attempt) : null;
      if (difference !== null) return failed(`beside another: ${difference}`, mend);
    }
    return passed('neither disturbs the other');
  },
};
