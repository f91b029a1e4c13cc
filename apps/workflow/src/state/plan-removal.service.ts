import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HOST, PeriodicWork, type Host } from '@sedge/service-kit';
import { WorkflowConfig } from '../workflow.config.js';
import { RunCommands } from './run-commands.service.js';
import { RunRepository } from './run.repository.js';

/** So much longer than a plan waits for its inputs, and it is nobody's any more. */
const MARGIN_MS = 60_000;

/** Removes the runs that bring in the inputs of plans: at the end of the plan, and those of a process that died before it. */
@Injectable()
export class PlanRemoval implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('plans');
  private readonly looking = new PeriodicWork(
    async () => this.removeAll(await this.runs.plansBefore(this.oldest())),
    (reason) => this.logger.warn(`plans that were left not looked for: ${reason}`),
  );
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
    this.looking.start(this.config.planTimeoutMs);
  }

  async onApplicationShutdown(): Promise<void> {
    this.isOpen = false;
    await Promise.all([this.removing, this.looking.stop()]);
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

  private async removeAll(plans: readonly string[]): Promise<void> {
    for (const plan of plans) if (this.isOpen) await this.remove(plan);
  }

  private oldest(): Date {
    return new Date(Date.now() - this.config.planTimeoutMs - MARGIN_MS);
  }
}
