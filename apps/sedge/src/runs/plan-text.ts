import type { Plan, PlanItem, PlanStep, PlannedState } from '@sedge/workflow';
import { bold, dim, green, red, yellow } from '../output/terminal.js';
import { bytes, duration } from '../output/units.js';

/** Items of a step beyond which only their counts are shown. */
const MOST_ITEMS = 12;

const MARKS: Record<PlannedState, string> = {
  reuse: green('✓'),
  run: yellow('▶'),
  unknown: yellow('?'),
  await: yellow('…'),
  fail: red('✗'),
};

/** A plan for people: a line for each step with what it reads, then the sums. */
export function planText(plan: Plan): string {
  const steps = plan.steps.flatMap(stepLines);
  const counts = Object.entries(plan.counts).filter(([, count]) => count > 0);
  return [
    bold(plan.workflow),
    ...steps,
    '',
    counts.map(([state, count]) => `${count} ${SAYINGS[state as PlannedState]}`).join(', '),
    ...expectedLines(plan),
    ...plan.notes.map((note) => `note: ${note}`),
  ].join('\n');
}

const SAYINGS: Record<PlannedState, string> = {
  reuse: 'reused',
  run: 'to run',
  unknown: 'not known before others have run',
  await: 'awaiting somebody else',
  fail: 'will fail',
};

function stepLines(step: PlanStep): string[] {
  const reads = step.reads.length > 0 ? `← ${step.reads.join(', ')}` : '';
  const head = (mark: string, name: string, more: string): string =>
    `  ${mark} ${name}  ${dim([step.tool ?? step.kind, reads, more].filter((text) => text !== '').join('  '))}`;
  if (step.items.length > MOST_ITEMS) {
    const states = [...new Set(step.items.map((item) => item.state))];
    const counts = states.map((state) => `${step.items.filter((item) => item.state === state).length} ${state}`);
    return [head(MARKS[states[0]!], step.step, `${step.items.length} items: ${counts.join(', ')}`)];
  }
  return step.items.map((item) => head(MARKS[item.state], item.name, itemText(item)));
}

function itemText({ state, note, expectedMs, isFromOthers }: PlanItem): string {
  const basis = isFromOthers ? ' as with other parameters' : '';
  const time = state !== 'reuse' && expectedMs !== null ? `about ${duration(expectedMs)}${basis}` : '';
  return [state, time, note ?? ''].filter((text) => text !== '').join(', ');
}

function expectedLines({ expected, withoutHistory, steps }: Plan): string[] {
  const range = (least: number, most: number, text: (value: number) => string): string =>
    least === most ? text(least) : `${text(least)} to ${text(most)}`;
  const time = range(expected.leastMs, expected.mostMs, duration);
  const disk = range(expected.leastBytes, expected.mostBytes, bytes);
  if (expected.mostMs === 0 && withoutHistory.length > 0) {
    return [`expected time and disk are not known yet, since these never ran here: ${withoutHistory.join(', ')}`];
  }
  if (withoutHistory.length === 0) {
    const others = steps.filter(({ items }) => items.some((item) => item.state !== 'reuse' && item.isFromOthers));
    const basis = others.map(({ step }) => step).join(', ');
    return [`expected: ${time}, ${disk} of disk${basis && `; ${basis} ran here with other parameters only`}`];
  }
  const known = `${duration(expected.mostMs)}, ${bytes(expected.mostBytes)} of disk`;
  return [`expected: unknown, since these never ran here: ${withoutHistory.join(', ')}; the others: about ${known}`];
}
