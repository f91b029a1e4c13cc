import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { StageClient } from '../state/stage-client.service.js';

/** Fetches logs of jobs from the stages that have them. */
@Injectable()
export class StageLogs {
  constructor(private readonly stages: StageClient) {}

  /** @throws WORKFLOW_STAGE_UNREACHABLE */
  async pipe(
    { stage, job }: { stage: string; job: string },
    attempt: number | null,
    response: Response,
  ): Promise<void> {
    const path = `/v1/jobs/${job}/logs${attempt === null ? '' : `?attempt=${attempt}`}`;
    const answer = await this.stages.get(stage, path);
    response.status(answer.statusCode ?? 502);
    response.type(answer.headers['content-type'] ?? 'application/json');
    await pipeline(answer, response).catch(() => response.destroy());
  }
}
