import { brokenCases, type BrokenCase } from '../broken-inputs.js';
import { describeOutcome, reasonIn } from '../outcome-text.js';
import { failed, passed, skipped, type Check, type Finding } from '../verdict.js';
import type { Attempt, Workbench } from '../workbench.js';

export const brokenBytes: Check<Workbench> = {
  name: 'broken-bytes',
  played: 'the first case with each file of its inputs broken in turn: cut in half, and full of noise',
  expected:
    'it fails for good and says why (an error line with code and message); files that it does not read may be broken',
  async play(bench) {
    const { samples, root } = bench.parts;
    let refusals = 0;
    let last: string | null = null;
    for await (const broken of brokenCases(samples, bench.main, root)) {
      const attempt = await bench.run(bench.main, { inputs: broken.inputs });
      const finding = await judge(bench, broken, attempt);
      if (finding?.state === 'failed') return finding;
      if (attempt.outcome.status === 'failed') refusals++;
      last = reasonIn(attempt.lines)?.message ?? (attempt.outcome.status === 'failed' ? attempt.outcome.message : last);
      await bench.forget(attempt);
    }
    if (refusals === 0) return skipped('no input has a file with a form that could be broken');
    return passed(`${refusals} refused, e.g.: ${last!.replaceAll(root, '…').slice(0, 160)}`);
  },
};

/** @returns null where nothing is wrong with it */
async function judge(bench: Workbench, { what, hasForm }: BrokenCase, attempt: Attempt): Promise<Finding | null> {
  const { outcome, isHung, lines } = attempt;
  const says = `${what}: ${describeOutcome(attempt)}`;
  if (isHung) return failed(says, 'bound loops over input, and check sizes before they are used');
  if (outcome.status === 'succeeded') {
    const isUnread = attempt.outputs !== null && (await bench.differenceFromGolden(attempt)) === null;
    if (isUnread || !hasForm) return null;
    return failed(`${says}: it took them for good`, 'check what is read: its form, its size, its values');
  }
  if (outcome.status !== 'failed') return null;
  if (['TOOL_CRASHED', 'TOOL_KILLED'].includes(outcome.code))
    return failed(`${says}: it crashed`, 'check sizes before memory is taken or read');
  if (outcome.class !== 'permanent')
    return failed(
      `${says}: it would be tried again for nothing`,
      'bad input is permanent: exit code 1, or class permanent',
    );
  if (outcome.code !== 'TOOL_FAILED' || reasonIn(lines) !== null) return null;
  return failed(
    `${says}: it gives no reason that a user could act on`,
    'catch what bad input causes, and say {"type": "error", "code": "…", "message": "which file, what is wrong"} before exit code 1; built in: throw a ToolError',
  );
}
