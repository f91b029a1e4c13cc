import { readFile } from 'node:fs/promises';
import type { ClockSample } from '@sedge/artifact-contracts';
import { clockMhzOf, stolenShare, ticksOf, type CoreTicks } from '../../domain/core-state.js';

const INTERVAL_MS = 1000;
const KILOHERTZ_PER_MEGAHERTZ = 1000;

/** Looks each second at the core that is measured. */
export class ClockSampler {
  private readonly started = performance.now();
  private readonly samples: ClockSample[] = [];
  private timer: NodeJS.Timeout | null = null;
  private ticks: CoreTicks | null = null;
  private firstThrottleCount: number | null = null;

  private constructor(private readonly core: number) {}

  /** @param core null where the measured processes are not held on one: the first is looked at */
  static async start(core: number | null): Promise<ClockSampler> {
    const sampler = new ClockSampler(core ?? 0);
    await sampler.sample();
    sampler.timer = setInterval(() => void sampler.sample(), INTERVAL_MS);
    return sampler;
  }

  async stop(): Promise<ClockSample[]> {
    if (this.timer) clearInterval(this.timer);
    await this.sample();
    return this.samples;
  }

  private async sample(): Promise<void> {
    const [clockMhz, throttles, ticks] = await Promise.all([this.clock(), this.throttles(), this.readTicks()]);
    this.firstThrottleCount ??= throttles;
    this.samples.push({
      seconds: Math.round((performance.now() - this.started) / 100) / 10,
      clockMhz,
      throttleCount: throttles === null ? null : throttles - this.firstThrottleCount!,
      stolenShare: stolenShare(this.ticks, ticks),
    });
    this.ticks = ticks;
  }

  private async clock(): Promise<number | null> {
    const scaled = await numberIn(`/sys/devices/system/cpu/cpu${this.core}/cpufreq/scaling_cur_freq`);
    if (scaled !== null) return scaled / KILOHERTZ_PER_MEGAHERTZ;
    return clockMhzOf(await textOf('/proc/cpuinfo'), this.core);
  }

  private throttles(): Promise<number | null> {
    return numberIn(`/sys/devices/system/cpu/cpu${this.core}/thermal_throttle/core_throttle_count`);
  }

  private async readTicks(): Promise<CoreTicks | null> {
    return ticksOf(await textOf('/proc/stat'), this.core);
  }
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

async function numberIn(path: string): Promise<number | null> {
  const text = (await textOf(path)).trim();
  return /^\d+$/.test(text) ? Number(text) : null;
}
