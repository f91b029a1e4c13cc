import type { ToolDefinition } from '@sedge/tool-contracts';
import { describe, expect, it } from 'vitest';
import { Capacity } from './capacity.js';

const needing = (cpu: number, memoryMb = 100): ToolDefinition => ({ resources: { cpu, memoryMb } }) as ToolDefinition;

function asked(capacity: Capacity, definition: ToolDefinition): { release: Promise<() => void>; isGranted(): boolean } {
  let granted = false;
  const release = capacity.acquire(definition).then((give) => {
    granted = true;
    return give;
  });
  return { release, isGranted: () => granted };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a machine's capacity", () => {
  it('serves who asked first, so that small jobs do not pass a large one', async () => {
    const capacity = new Capacity({ cores: 2, memoryMb: 1000, gpus: 0 });
    const first = asked(capacity, needing(1));
    const large = asked(capacity, needing(2));
    const small = asked(capacity, needing(1));
    await settled();
    expect([first.isGranted(), large.isGranted(), small.isGranted()]).toEqual([true, false, false]);
    (await first.release)();
    await settled();
    expect([large.isGranted(), small.isGranted()]).toEqual([true, false]);
  });

  it('lets pass what needs no core, as far as memory goes', async () => {
    const capacity = new Capacity({ cores: 2, memoryMb: 1000, gpus: 0 });
    const training = asked(capacity, needing(2, 800));
    asked(capacity, needing(2));
    const download = asked(capacity, needing(0, 150));
    const second = asked(capacity, needing(0, 150));
    await settled();
    expect([download.isGranted(), second.isGranted()]).toEqual([true, false]);
    (await training.release)();
    await settled();
    expect(second.isGranted()).toBe(true);
  });
});
