import type { ItemView } from '@sedge/workflow';

const FINAL = new Set<ItemView['state']>(['succeeded', 'failed', 'skipped', 'cancelled']);
const UNDER_WAY = new Set<ItemView['state']>(['requested', 'running', 'awaiting']);

interface StepCount {
  items: number;
  over: number;
}

/** Where all items of a run stand, kept up to date by its events; each costs the same however many items there are. */
export class StepTally {
  private readonly items = new Map<string, ItemView>();
  private readonly steps = new Map<string, StepCount>();
  private readonly underWay = new Map<string, ItemView>();
  private over = 0;

  /** @param items all items of the run, whose states are told by events from the start */
  constructor(items: readonly ItemView[]) {
    for (const item of items) {
      this.items.set(item.name, { ...item, state: 'pending' });
      const count = this.steps.get(item.step) ?? { items: 0, over: 0 };
      count.items++;
      this.steps.set(item.step, count);
    }
  }

  /** @returns whether the item has just ended */
  update(item: ItemView): boolean {
    const before = this.items.get(item.name);
    this.items.set(item.name, item);
    if (UNDER_WAY.has(item.state)) this.underWay.set(item.name, item);
    else this.underWay.delete(item.name);
    if (!FINAL.has(item.state) || (before && FINAL.has(before.state))) return false;
    this.over++;
    this.steps.get(item.step)!.over++;
    return true;
  }

  get total(): number {
    return this.items.size;
  }

  get done(): number {
    return this.over;
  }

  names(): string[] {
    return [...this.items.keys()];
  }

  running(): ItemView[] {
    return [...this.underWay.values()];
  }

  /** how many items the step of an item has, and how many of them have ended */
  countOf(step: string): StepCount {
    return this.steps.get(step)!;
  }

  itemsOf(step: string): ItemView[] {
    return [...this.items.values()].filter((item) => item.step === step);
  }
}
