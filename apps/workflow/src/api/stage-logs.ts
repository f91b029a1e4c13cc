import { Inject, Injectable } from '@nestjs/common';
import { HOST, errorsOf, type Host } from '@sedge/service-kit';
import type { Response } from 'express';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WORKFLOW_ERRORS } from '../errors.js';
import { ToolRegistry } from '../state/tool-registry.service.js';

const error = errorsOf(WORKFLOW_ERRORS);

/** Fetches logs of jobs from the stages that have them, over HTTP also where the stage is in this process. */
@Injectable()
export class StageLogs {
  constructor(
    private readonly tools: ToolRegistry,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** @throws WORKFLOW_STAGE_UNREACHABLE */
  async pipe(
    { stage, job }: { stage: string; job: string },
    attempt: number | null,
    response: Response,
  ): Promise<void> {
    const path = `/v1/jobs/${job}/logs${attempt === null ? '' : `?attempt=${attempt}`}`;
    const answer = await this.ask(stage, path);
    response.status(answer.statusCode ?? 502);
    response.type(answer.headers['content-type'] ?? 'application/json');
    await pipeline(answer, response);
  }

  private async ask(stage: string, path: string): Promise<IncomingMessage> {
    const url = await this.tools.stageUrl(stage);
    // A stage in the same process is asked over the process's own socket: services have no other way to speak to each other.
    const own = { socketPath: join(this.host.dataDirectory, 'sedge.sock'), path };
    const options = url === null ? own : new URL(path, url);
    return new Promise((resolve, reject) => {
      const fail = (reason: Error): void =>
        reject(error('WORKFLOW_STAGE_UNREACHABLE', { stage, reason: reason.message }));
      request(options, resolve).on('error', fail).end();
    });
  }
}
