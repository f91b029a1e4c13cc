import type { ToolDefinition } from '@sedge/tool-contracts';
import type { Machine } from '../machine.js';

interface Need {
  cores: number;
  memoryMb: number;
  gpus: number;
}

interface Waiting {
  need: Need;
  grant: () => void;
}

/**
 * What the machine has left for jobs, shared by all stages of the process. A job that asks for more than there is gets all there is,
 * alone. Who asked first is served first, so that a large job isn't passed for ever by small ones; but what needs neither core nor GPU,
 * since it waits for disks and networks, passes those who wait for one.
 */
export class Capacity {
  private readonly total: Need;
  private readonly used: Need = { cores: 0, memoryMb: 0, gpus: 0 };
  private waiting: Waiting[] = [];

  constructor({ cores, memoryMb, gpus }: Pick<Machine, 'cores' | 'memoryMb' | 'gpus'>) {
    this.total = { cores, memoryMb, gpus };
  }

  /** Resolves when the tool's resources are free. @returns gives them back; may be called twice */
  async acquire(definition: ToolDefinition): Promise<() => void> {
    const need = this.needOf(definition);
    const mustQueue = this.waiting.length > 0 && needsProcessor(need);
    if (mustQueue || !this.fits(need)) {
      await new Promise<void>((grant) => this.waiting.push({ need, grant }));
    } else this.add(need, 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.add(need, -1);
      this.grantWaiting();
    };
  }

  private grantWaiting(): void {
    const still: Waiting[] = [];
    for (const waiting of this.waiting) {
      const mustQueue = still.length > 0 && needsProcessor(waiting.need);
      if (mustQueue || !this.fits(waiting.need)) {
        still.push(waiting);
        continue;
      }
      this.add(waiting.need, 1);
      waiting.grant();
    }
    this.waiting = still;
  }

  private needOf({ resources }: ToolDefinition): Need {
    return {
      cores: Math.min(resources.cpu, this.total.cores),
      memoryMb: Math.min(resources.memoryMb, this.total.memoryMb),
      gpus: Math.min(resources.gpu ?? 0, this.total.gpus),
    };
  }

  private fits(need: Need): boolean {
    return (['cores', 'memoryMb', 'gpus'] as const).every(
      (name) => this.used[name] + need[name] <= this.total[name] + 1e-9,
    );
  }

  private add(need: Need, sign: 1 | -1): void {
    for (const name of ['cores', 'memoryMb', 'gpus'] as const) this.used[name] += sign * need[name];
  }
}

const needsProcessor = ({ cores, gpus }: Need): boolean => cores > 0 || gpus > 0;

export const CAPACITY = Symbol('Capacity');
