import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { EventSubscriber } from '../events/event-subscriber.service.js';
import { STAGE, type StageOptions } from '../stage/stage-options.js';
import { JobExecutor } from './job-executor.service.js';
import { JobRequests } from './job-requests.service.js';

/** Takes in what runs ask of the stage. One consumer for both, so that a cancellation is never seen before what it cancels. */
@Injectable()
export class JobEventsConsumer implements OnModuleInit {
  constructor(
    private readonly events: EventSubscriber,
    private readonly requests: JobRequests,
    private readonly executor: JobExecutor,
    @Inject(STAGE) private readonly stage: StageOptions,
  ) {}

  onModuleInit(): Promise<void> {
    const { stage } = this.stage;
    const subjects = [`sedge.job.requested.${stage}.*`, `sedge.job.cancel-requested.${stage}.*`];
    return this.events.subscribe(
      { consumer: `${stage}-jobs`, subjects, concurrency: 1 },
      {
        'sedge.job.requested.v1': (event, transaction) => this.requests.requested(transaction, event),
        'sedge.job.cancel-requested.v1': (event, transaction) => this.requests.cancelRequested(transaction, event),
      },
      (event) => this.act(event.type, event.subject as Digest),
    );
  }

  private act(type: string, job: Digest): void {
    if (type === 'sedge.job.requested.v1') this.executor.wake();
    else void this.executor.cancelIfUnwanted(job);
  }
}
