import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { stageError } from '../errors.js';
import { HOST, type Host } from '../host.js';
import { logFolderOf } from './job-folders.js';
import { loggedAttempts, readLog } from './job-log.js';
import type { AttemptRow } from './job.js';

const TIMEOUT_MS = 10_000;

/** Logs of attempts: each lies with the worker that made it, which is asked for it where that is another process. */
@Injectable()
export class JobLogs {
  constructor(@Inject(HOST) private readonly host: Host) {}

  /**
   * @param wanted number of the attempt; undefined: the latest that has a log
   * @returns JSON lines: time, level, message
   * @throws JOB_LOG_UNKNOWN, JOB_LOG_ELSEWHERE
   */
  async open(job: Digest, attempts: readonly AttemptRow[], wanted: number | undefined): Promise<Readable> {
    const folder = logFolderOf(this.host.dataDirectory, job);
    const here = await loggedAttempts(folder);
    const elsewhere = attempts.filter(({ worker_url: url }) => url !== null && url !== this.host.url);
    const number = wanted ?? Math.max(0, ...here, ...elsewhere.map((attempt) => attempt.number));
    const other = elsewhere.find((attempt) => attempt.number === number);
    if (other) return this.fetch(job, other);
    if (here.includes(number)) return Readable.from(readLog(folder, number));
    if (wanted === undefined) return Readable.from([]);
    throw stageError('JOB_LOG_UNKNOWN', { job, attempt: wanted });
  }

  private async fetch(job: Digest, { number, worker, worker_url: url }: AttemptRow): Promise<Readable> {
    const place = `${url}/v1/jobs/${job}/logs?attempt=${number}`;
    const unreachable = (error: Error): never => {
      throw stageError('JOB_LOG_ELSEWHERE', { attempt: number, worker, reason: error.message });
    };
    const headers = this.host.authorization();
    const answer = await fetch(place, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(unreachable);
    if (answer.status === 404) throw stageError('JOB_LOG_UNKNOWN', { job, attempt: number });
    if (!answer.ok || !answer.body) {
      throw stageError('JOB_LOG_ELSEWHERE', { attempt: number, worker, reason: `status ${answer.status}` });
    }
    return Readable.fromWeb(answer.body as never);
  }
}
