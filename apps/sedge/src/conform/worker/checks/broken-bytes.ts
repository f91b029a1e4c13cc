import { brokenCases } from '../../broken-inputs.js';
import { failed, passed, skipped, type Check } from '../../verdict.js';
import { isUnfit } from '../good-end.js';
import { describeJob } from '../job-text.js';
import type { WorkerBench } from '../worker-bench.js';

export const brokenBytes: Check<WorkerBench> = {
  name: 'broken-bytes',
  played: 'the first case with each file of its inputs broken in turn: cut in half, and full of noise',
  expected:
    'the worker fails the job as permanent with a code and a message; files that it does not read may be broken',
  async play(bench) {
    let last: string | null = null;
    for await (const { what, inputs, hasForm } of brokenCases(bench.parts.samples, bench.main, bench.parts.root)) {
      const job = await bench.ask(bench.main, { inputs });
      const isOver = async (): Promise<boolean> => {
        const shown = await bench.show(job);
        return (
          shown !== null &&
          (['succeeded', 'failed', 'cancelled'].includes(shown.state) ||
            shown.attempts.some(({ outcome }) => outcome !== null))
        );
      };
      await bench.until(isOver, bench.parts.limitMs);
      const ended = await bench.show(job);
      const says = `${what}: ${describeJob(bench, ended)}`;
      if (!bench.parts.worker.isAlive) return failed(says, 'catch what bad input causes, and POST /fail');
      if (ended?.state === 'succeeded') {
        const isUnread = (await bench.differenceFromGolden(ended)) === null;
        if (isUnread || !hasForm) continue;
        return failed(`${says}: it took them for good`, 'check what is read: its form, its size, its values');
      }
      const [first] = ended?.attempts ?? [];
      if (first?.failure && first.failure.class !== 'permanent')
        return failed(
          `${what}: it failed as ${first.failure.class} (${first.failure.code}): it would be tried again for nothing`,
          'POST /fail with class permanent for what no further attempt can mend',
        );
      if (ended?.state !== 'failed') return failed(says, 'POST /fail with class, code and message');
      last = `${ended.failure!.code}: ${ended.failure!.message}`;
    }
    if (last === null) return skipped('no input has a file with a form that could be broken');
    return (
      (await isUnfit(bench, 'a job that fails is no reason to end')) ?? passed(`refused, e.g.: ${last.slice(0, 160)}`)
    );
  },
};
