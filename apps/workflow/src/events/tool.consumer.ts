import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WORKFLOW_CONSUMERS } from '@sedge/event-contracts';
import { EventSubscriber } from '@sedge/service-kit';
import { RunEngine } from '../state/run-engine.service.js';
import { ToolRepository } from '../state/tool.repository.js';

/** Learns from the stages which tools there are. */
@Injectable()
export class ToolConsumer implements OnModuleInit {
  constructor(
    private readonly events: EventSubscriber,
    private readonly tools: ToolRepository,
    private readonly engine: RunEngine,
  ) {}

  /** A stage registers its tools at each start; runs need to know only of those that are new or other ones. */
  private isOther = false;

  onModuleInit(): Promise<void> {
    return this.events.subscribe(
      {
        consumer: WORKFLOW_CONSUMERS.tools,
        subjects: ['sedge.tool.registered.>', 'sedge.tool.removed.>'],
        concurrency: 1,
      },
      {
        'sedge.tool.registered.v1': async (event, transaction) => {
          this.isOther = await this.tools.register(transaction, event.data);
        },
        'sedge.tool.removed.v1': async (event, transaction) => {
          await this.tools.remove(transaction, event.data);
          // Runs go on with the tool that they know.
          this.isOther = false;
        },
      },
      () => {
        if (this.isOther) this.engine.toolsChanged();
      },
    );
  }
}
