import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  createCloudEvent,
  subjectOf,
  toolSubject,
  workerConsumer,
  type CloudEvent,
  type JobRequestedData,
} from '@sedge/event-contracts';
import { EVENT_BUS, type EventBus } from '@sedge/ports';
import { JobRepository, type AskedJob } from '../jobs/job.repository.js';
import { ToolCatalog } from './tool-catalog.service.js';

const TYPE = 'sedge.job.requested.v1';

/**
 * Offers the jobs of tools that only workers outside run. What `workflow` asked for comes to them from the broker. A job that waits while the
 * broker has nothing for them is offered once more: its request got lost with the broker's disk, is too old, or was answered before its time.
 */
@Injectable()
export class ToolOffers {
  private readonly logger = new Logger('tools');

  constructor(
    private readonly catalog: ToolCatalog,
    private readonly jobs: JobRepository,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
  ) {}

  async renew(): Promise<void> {
    for (const tool of this.catalog.externalNames()) {
      const open = await this.bus.offer(workerConsumer(tool), toolSubject(TYPE, this.catalog.stageName(), tool));
      if (open === 0) await this.offerAgain(await this.jobs.waitingOutside(tool));
    }
  }

  private async offerAgain(jobs: AskedJob[]): Promise<void> {
    try {
      await Promise.all(jobs.map((job) => this.publish(job)));
      if (jobs.length > 0) this.logger.warn(`${jobs.length} jobs of ${jobs[0]!.tool_name} are offered once more`);
    } catch (error) {
      this.logger.warn(`jobs of ${jobs[0]!.tool_name} not offered once more: ${(error as Error).message}`);
    }
  }

  /** Not by the outbox: what can't be published now is looked at again. */
  private async publish(job: AskedJob): Promise<void> {
    const event = offerOf(job, this.catalog.stageName());
    await this.bus.publish(subjectOf(TYPE, event.data), event);
  }
}

function offerOf(job: AskedJob, stage: string): CloudEvent<JobRequestedData> {
  const {
    id,
    tool_name: name,
    tool_version: version,
    tool_digest: digest,
    parameters,
    inputs,
    machine,
    run,
    turn,
  } = job;
  const data = { job: id, tool: { name, version, digest, stage }, parameters, inputs, machine, run, again: false };
  const event = createCloudEvent({
    type: TYPE,
    source: `/services/${stage}`,
    subject: id,
    data,
    time: new Date(),
    ...(job.correlation_id !== null && { correlationId: job.correlation_id }),
    ...(job.traceparent !== null && { traceparent: job.traceparent }),
  });
  // Of several copies of the stage that say so in the same five minutes the broker takes one, as of all events with the same id.
  return { ...event, id: `${id} ${turn}` };
}
