import type { ItemView } from '@sedge/workflow';

const FINAL = new Set<ItemView['state']>(['succeeded', 'failed', 'skipped', 'cancelled']);

export function isOver(item: ItemView): boolean {
  return FINAL.has(item.state);
}

/** Where all items of a run stand, kept up to date by its events. */
export class StepTally {
  private readonly items = new Map<string, ItemView>();
  private readonly sizes = new Map<string, number>();
  private over = 0;

  constructor(items: readonly ItemView[]) {
    for (const item of items) {
      this.items.set(item.name, item);
      this.sizes.set(item.step, (this.sizes.get(item.step) ?? 0) + 1);
      if (isOver(item)) this.over++;
    }
  }

  /** @returns whether the item has just ended */
  update(item: ItemView): boolean {
    const before = this.items.get(item.name);
    this.items.set(item.name, item);
    if (!isOver(item) || (before && isOver(before))) return false;
    this.over++;
    return true;
  }

  get total(): number {
    return this.items.size;
  }

  get done(): number {
    return this.over;
  }

  all(): ItemView[] {
    return [...this.items.values()];
  }

  running(): ItemView[] {
    return this.all().filter((item) => ['requested', 'running', 'awaiting'].includes(item.state));
  }

  /** how many items the step of an item has */
  sizeOf(step: string): number {
    return this.sizes.get(step) ?? 1;
  }

  itemsOf(step: string): ItemView[] {
    return this.all().filter((item) => item.step === step);
  }
}
