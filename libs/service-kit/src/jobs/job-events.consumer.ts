import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import {
  createCloudEvent,
  stageConsumer,
  subjectOf,
  type CloudEvent,
  type EventMap,
  type EventType,
  type JobRequestedData,
} from '@sedge/event-contracts';
import { EVENT_BUS, type EventBus } from '@sedge/ports';
import { EventSubscriber } from '../events/event-subscriber.service.js';
import { STAGE, type StageOptions } from '../stage/stage-options.js';
import { JobExecutor } from './job-executor.service.js';
import { JobRequests } from './job-requests.service.js';

/** Takes in what runs ask of the stage. One consumer for both, so that a cancellation is never seen before what it cancels. */
@Injectable()
export class JobEventsConsumer implements OnModuleInit, OnApplicationShutdown {
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly events: EventSubscriber,
    private readonly requests: JobRequests,
    private readonly executor: JobExecutor,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
    @Inject(STAGE) private readonly stage: StageOptions,
  ) {}

  async onModuleInit(): Promise<void> {
    const { stage } = this.stage;
    this.stopListening = this.bus.listen([`sedge.job.queued.${stage}.*`], () => this.executor.wake());
    const subjects = [`sedge.job.requested.${stage}.*`, `sedge.job.cancel-requested.${stage}.*`];
    await this.events.subscribe(
      { consumer: stageConsumer(stage), subjects, concurrency: 1 },
      {
        'sedge.job.requested.v1': (event, transaction) => this.requests.requested(transaction, event),
        'sedge.job.cancel-requested.v1': (event, transaction) => this.requests.cancelRequested(transaction, event),
      },
      (event) => this.act(event),
    );
  }

  onApplicationShutdown(): void {
    this.stopListening();
  }

  private act({ type, subject, data }: CloudEvent<EventMap[EventType]>): void {
    if (type === 'sedge.job.requested.v1') this.announce(data as JobRequestedData);
    else void this.executor.cancelIfUnwanted(subject as Digest);
  }

  /** One copy of the stage was told of the job; any of them may be the idle one. */
  private announce({ job, tool }: JobRequestedData): void {
    const type = 'sedge.job.queued.v1';
    const data = { job, tool };
    const source = `/services/${this.stage.stage}`;
    this.bus.publishTransient(
      subjectOf(type, data),
      createCloudEvent({ type, source, subject: job, data, time: new Date() }),
    );
    this.executor.wake();
  }
}
