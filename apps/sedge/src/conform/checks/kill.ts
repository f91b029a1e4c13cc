import { midway } from '../midway.js';
import { describeOutcome } from '../outcome-text.js';
import { failed, passed, skipped, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';
import { TOO_SHORT } from './cancellation.js';

/** When the tool is killed, in shares of the time that its work takes. */
const MOMENTS = [0.25, 0.5, 0.75];

export const kill: Check<Workbench> = {
  name: 'kill',
  played:
    'the first case, killed (SIGKILL) at a quarter, half and three quarters of its work; each time the next attempt finds the scratch folder as it was left',
  expected: 'the next attempt gives the whole result',
  async play(bench) {
    let kills = 0;
    for (const moment of MOMENTS) {
      const running = await bench.begin(bench.main, {}, true);
      if (!(await midway(bench, running, moment))) continue;
      await running.kill();
      if ((await running.ended).outcome.status === 'succeeded') continue;
      kills++;
      const at = `killed at ${moment * 100} % of its work`;
      const again = await bench.run(bench.main, { place: running.place, number: 2 });
      const mend =
        'whatever is kept for the next attempt must be whole: write it under another name, then rename it; check what is found';
      if (again.outputs === null) return failed(`${at}, the next attempt: ${describeOutcome(again)}`, mend);
      const difference = bench.isRepeatable ? await bench.differenceFromGolden(again) : null;
      if (difference !== null) return failed(`${at}, the next attempt gives something else: ${difference}`, mend);
    }
    return kills === 0 ? skipped(TOO_SHORT) : passed(`killed ${kills} times, and each next attempt gave the result`);
  },
};
