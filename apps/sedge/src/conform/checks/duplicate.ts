import { describeOutcome } from '../outcome-text.js';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const duplicate: Check<Workbench> = {
  name: 'duplicate',
  played:
    'the first case delivered again after it was done: its second attempt, which finds the scratch folder of the first',
  expected: 'the same result as before',
  async play(bench) {
    const first = await bench.begin(bench.main);
    await first.ended;
    const again = await bench.run(bench.main, { place: first.place, number: 2 });
    const mend =
      'a job that comes again is the same job: what it finds in scratch may save it work, and must not change the result';
    if (again.outputs === null) return failed(`when it comes again: ${describeOutcome(again)}`, mend);
    const difference = bench.isRepeatable ? await bench.differenceFromGolden(again) : null;
    return difference === null ? passed('the same result') : failed(`when it comes again: ${difference}`, mend);
  },
};
