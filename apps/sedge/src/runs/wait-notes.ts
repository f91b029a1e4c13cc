import type { ItemView, WaitView } from '@sedge/workflow';

/** What an item waits for is told when it has been so for this long: most of it passes. */
const TOLD_AFTER_MS = 3000;

/** Keeps what items wait for, and says of each step once what it has waited for so long that it is worth a line. */
export class WaitNotes {
  private readonly waits = new Map<string, { wait: WaitView; sinceMs: number }>();
  private readonly told = new Set<string>();

  note(names: readonly string[], wait: WaitView | null, nowMs: number): void {
    for (const name of names) {
      if (wait === null) this.waits.delete(name);
      else if (this.of(name)?.message !== wait.message) this.waits.set(name, { wait, sinceMs: nowMs });
    }
  }

  of(name: string): WaitView | null {
    return this.waits.get(name)?.wait ?? null;
  }

  /**
   * What is to be told now.
   * @param underWay items that have not ended
   * @param isWanted whether what an item waits for is worth a line
   */
  takeDue(
    underWay: readonly ItemView[],
    nowMs: number,
    isWanted: (wait: WaitView) => boolean,
  ): { item: ItemView; wait: WaitView }[] {
    return underWay.flatMap((item) => {
      const { wait, sinceMs } = this.waits.get(item.name) ?? {};
      if (!wait || nowMs - sinceMs! < TOLD_AFTER_MS || !isWanted(wait)) return [];
      // Items of a step wait for the same.
      const key = `${item.step} ${wait.message}`;
      if (this.told.has(key)) return [];
      this.told.add(key);
      return [{ item, wait }];
    });
  }
}
