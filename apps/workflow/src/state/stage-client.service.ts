import { Inject, Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { HOST, errorsOf, type Host, type JobView } from '@sedge/service-kit';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { WORKFLOW_ERRORS } from '../errors.js';
import { ToolRegistry } from './tool-registry.service.js';

const error = errorsOf(WORKFLOW_ERRORS);

/** A stage that says nothing for so long is taken for one that can't be reached. */
const SILENCE_MS = 15_000;

/** Nothing answers where a stage should. */
export class StageAwayError extends Error {}

/** Asks stages over HTTP, also where the stage is in this process. */
@Injectable()
export class StageClient {
  constructor(
    private readonly tools: ToolRegistry,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** @throws WORKFLOW_STAGE_UNREACHABLE */
  async get(stage: string, path: string): Promise<IncomingMessage> {
    const url = await this.tools.stageUrl(stage);
    return this.getAt(url, path).catch((reason: Error) => {
      throw error('WORKFLOW_STAGE_UNREACHABLE', { stage, reason: reason.message });
    });
  }

  /**
   * What a stage says of a job; null where it has never heard of it.
   * @throws StageAwayError, or Error that says what else the stage answers
   */
  async job(stage: string, id: Digest): Promise<JobView | null> {
    const url = await this.tools.stageUrl(stage);
    const answer = await this.getAt(url, `/v1/jobs/${id}`).catch((reason: Error) => {
      throw new StageAwayError(reason.message);
    });
    const body = await text(answer);
    if (answer.statusCode === 404) return null;
    if (answer.statusCode !== 200) throw new Error(`it answers ${answer.statusCode}`);
    return JSON.parse(body) as JobView;
  }

  /** @param url of the stage's HTTP API; null asks the stages of this process */
  getAt(url: string | null, path: string): Promise<IncomingMessage> {
    // A stage in the same process is asked over the process's own socket: services have no other way to speak to each other.
    const own = { socketPath: join(this.host.dataDirectory, 'sedge.sock'), path };
    const headers = this.host.authorization();
    return new Promise((resolve, reject) => {
      const asked = url === null ? request(own, resolve) : request(new URL(path, url), { headers }, resolve);
      // Of a name with several addresses the error is of all of them, and has a code alone.
      asked.on('error', (error: NodeJS.ErrnoException) => reject(error.message ? error : new Error(error.code)));
      asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`))).end();
    });
  }
}
