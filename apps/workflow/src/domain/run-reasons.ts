import { itemName, type RunItem } from './run-item.js';
import { changeText, changesBetween, type Change } from './why.js';

/** Why each step of a run ran, or did not need to. */
export interface Why {
  run: string;
  items: ItemReason[];
}

export interface ItemReason {
  name: string;
  step: string;
  label: string;
  state: RunItem['state'];
  decision: RunItem['decision'];
  /** one sentence */
  reason: string;
  /** what differs from the last run of the same workflow that had this step */
  changes: (Change & { text: string; madeBy: string | null })[];
  previousRun: string | null;
}

export interface PreviousItem {
  run: string;
  item: RunItem;
}

export function whyOf(run: string, items: readonly RunItem[], previous: readonly PreviousItem[]): Why {
  const before = new Map(previous.map((old) => [itemName(old.item.step, old.item.label), old]));
  const makers = makersOf(items);
  return {
    run,
    items: items.map((item) => reasonOf(item, before.get(itemName(item.step, item.label)) ?? null, makers)),
  };
}

const ANEW = 'looked at anew in each run, since it has no sha256';

/** Which item of the run gave an artifact: the place to look further when an input changed. */
function makersOf(items: readonly RunItem[]): Map<string, string> {
  const makers = new Map<string, string>();
  for (const item of items) {
    for (const artifact of Object.values(item.outputs ?? {}))
      if (!makers.has(artifact)) makers.set(artifact, itemName(item.step, item.label));
  }
  return makers;
}

function reasonOf(item: RunItem, previous: PreviousItem | null, makers: Map<string, string>): ItemReason {
  const differences = item.job && previous?.item.job ? changesBetween(previous.item.job, item.job) : [];
  // An input without a checksum is another job in each run, by a number that means nothing to anybody.
  const isAnew = item.step.startsWith('inputs.') && differences.some(({ name }) => name === 'nonce');
  const changes = differences
    .filter(({ name }) => !isAnew || name !== 'nonce')
    .map((change) => ({
      ...change,
      text: changeText(change),
      madeBy: change.of === 'input' ? (makers.get(String(change.after)) ?? null) : null,
    }));
  return {
    name: itemName(item.step, item.label),
    step: item.step,
    label: item.label,
    state: item.state,
    decision: item.decision,
    reason: isAnew && changes.length === 0 ? ANEW : sentenceOf(item, previous, changes),
    changes,
    previousRun: previous?.run ?? null,
  };
}

function sentenceOf(item: RunItem, previous: PreviousItem | null, changes: ItemReason['changes']): string {
  if (item.state === 'skipped' || item.state === 'cancelled') return item.failure?.message ?? 'the run was cancelled';
  if (item.job === null) return item.note ?? (item.state === 'pending' ? 'waits for what it reads' : 'runs no tool');
  if (item.decision === 'reused') return 'reused: its result was there and is verified';
  if (item.note !== null) return item.note;
  if (previous === null) return 'runs for the first time in this workflow';
  const shared = item.decision === 'shared' ? '; another run asked for the same job, and both share it' : '';
  if (changes.length > 0) return `${changes.map((change) => change.text).join('; ')}${shared}`;
  const { state } = previous.item;
  return state === 'succeeded'
    ? `nothing changed, but its result was not there any more${shared}`
    : `it had not succeeded in run ${previous.run}${shared}`;
}
