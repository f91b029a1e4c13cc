import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HOST, type Host } from '@sedge/service-kit';
import { WorkflowConfig } from '../workflow.config.js';
import { RunCommands } from './run-commands.service.js';
import { RunRepository } from './run.repository.js';

/** So much longer than a plan waits for its inputs, and it is nobody's any more. */
const MARGIN_MS = 60_000;

/** Removes the runs that bring in the inputs of plans: at the end of the plan, and those of a process that died before it. */
@Injectable()
export class PlanRemoval implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('plans');
  private timer: NodeJS.Timeout | undefined;
  private removing: Promise<void> = Promise.resolve();
  private isOpen = true;

  constructor(
    private readonly commands: RunCommands,
    private readonly runs: RunRepository,
    private readonly config: WorkflowConfig,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** Nobody asks for a plan before this is done: all that there are in a process that is alone were left. */
  async onApplicationBootstrap(): Promise<void> {
    const left = await this.runs.plansBefore(this.host.isAlone ? new Date() : this.oldest());
    this.removing = this.removeAll(left);
    this.timer = setInterval(() => {
      this.removing = this.removing.then(() => this.removeOld());
    }, this.config.planTimeoutMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isOpen = false;
    clearInterval(this.timer);
    await this.removing;
  }

  /** Its jobs end unless other runs wait for them. What can't be removed now is removed later. */
  async remove(plan: string): Promise<void> {
    try {
      await this.commands.cancel(plan);
      await this.runs.remove(plan);
    } catch (error) {
      this.logger.warn(`plan ${plan} not removed: ${(error as Error).message}`);
    }
  }

  private async removeOld(): Promise<void> {
    try {
      await this.removeAll(await this.runs.plansBefore(this.oldest()));
    } catch (error) {
      this.logger.warn(`plans that were left not looked for: ${(error as Error).message}`);
    }
  }

  private async removeAll(plans: readonly string[]): Promise<void> {
    for (const plan of plans) if (this.isOpen) await this.remove(plan);
  }

  private oldest(): Date {
    return new Date(Date.now() - this.config.planTimeoutMs - MARGIN_MS);
  }
}
