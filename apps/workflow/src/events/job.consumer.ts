import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WORKFLOW_CONSUMERS, type JobStartedData } from '@sedge/event-contracts';
import { EventSubscriber } from '@sedge/service-kit';
import { JobRepository } from '../state/job.repository.js';
import { RunEngine } from '../state/run-engine.service.js';

/** Learns from the stages what becomes of jobs. */
@Injectable()
export class JobConsumer implements OnModuleInit {
  constructor(
    private readonly events: EventSubscriber,
    private readonly jobs: JobRepository,
    private readonly engine: RunEngine,
  ) {}

  onModuleInit(): Promise<void> {
    const subjects = ['started', 'succeeded', 'failed', 'cancelled'].map((verb) => `sedge.job.${verb}.>`);
    return this.events.subscribe(
      { consumer: WORKFLOW_CONSUMERS.jobs, subjects, concurrency: 1 },
      {
        'sedge.job.started.v1': (event, transaction) => this.jobs.start(transaction, event.data),
        'sedge.job.succeeded.v1': (event, transaction) => this.jobs.succeed(transaction, event.data),
        'sedge.job.failed.v1': (event, transaction) => this.jobs.fail(transaction, event.data),
        'sedge.job.cancelled.v1': (event, transaction) => this.jobs.cancel(transaction, event.data),
      },
      (event) => void this.engine.wakeFor((event.data as JobStartedData).job, event.type !== 'sedge.job.started.v1'),
    );
  }
}
