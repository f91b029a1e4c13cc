import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { JobAttempts } from '../jobs/job-attempts.service.js';
import type { JobRepository } from '../jobs/job.repository.js';
import type { JobRow } from '../jobs/job.js';
import type { ToolAnnouncer } from '../tools/tool-announcer.service.js';
import type { ToolCatalog } from '../tools/tool-catalog.service.js';

/** What a stage lets its HTTP endpoints do. */
export interface StageDesk {
  stage: string;
  catalog: ToolCatalog;
  tools: ToolAnnouncer;
  jobs: JobRepository;
  attempts: JobAttempts;
}

/** The stages of this process: one when a stage runs alone, all in the all-in-one process, behind the same paths. */
@Injectable()
export class StageDirectory {
  private readonly desks: StageDesk[] = [];

  add(desk: StageDesk): void {
    this.desks.push(desk);
  }

  all(): readonly StageDesk[] {
    return this.desks;
  }

  /** The stage that has a job, and the job. */
  async locate(id: Digest): Promise<{ desk: StageDesk; job: JobRow } | null> {
    for (const desk of this.desks) {
      const job = await desk.jobs.find(id);
      if (job) return { desk, job };
    }
    return null;
  }
}
