import { Readable } from 'node:stream';
import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { stageError } from '../errors.js';
import { HOST, type Host } from '../host.js';
import { ExternalWorkers } from '../jobs/external-workers.service.js';
import { logFolderOf } from '../jobs/job-folders.js';
import { loggedAttempts, readLog } from '../jobs/job-log.js';
import { ClaimDto, CompleteDto, FailDto, HeartbeatDto, JobIdDto, LogQueryDto } from './job.dto.js';
import { claimView, jobView, type ClaimView, type JobView } from './job-view.js';

/** The jobs of the stages of this process: for those who look, and for workers outside. */
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly workers: ExternalWorkers,
    @Inject(HOST) private readonly host: Host,
  ) {}

  @Get(':id')
  async show(@Param() { id }: JobIdDto): Promise<JobView> {
    const { desk, job } = await this.workers.locate(id);
    return jobView(desk.stage, job, await desk.jobs.attemptsOf(id));
  }

  /** Lines of JSON: time, level, message. */
  @Get(':id/logs')
  @Header('content-type', 'application/x-ndjson')
  async logs(@Param() { id }: JobIdDto, @Query() { attempt }: LogQueryDto): Promise<StreamableFile> {
    await this.workers.locate(id);
    const folder = logFolderOf(this.host.dataDirectory, id);
    const attempts = await loggedAttempts(folder);
    const wanted = attempt ?? attempts.at(-1);
    if (wanted === undefined) return new StreamableFile(Readable.from([]));
    if (!attempts.includes(wanted)) throw stageError('JOB_LOG_UNKNOWN', { job: id, attempt: wanted });
    return new StreamableFile(Readable.from(readLog(folder, wanted)));
  }

  @Post(':id/claim')
  @HttpCode(200)
  async claim(@Param() { id }: JobIdDto, @Body() { worker, tool }: ClaimDto): Promise<ClaimView> {
    return claimView(await this.workers.claim(id, worker, tool));
  }

  @Post(':id/heartbeat')
  @HttpCode(200)
  async heartbeat(
    @Param() { id }: JobIdDto,
    @Body() { attempt, token, progress }: HeartbeatDto,
  ): Promise<{ leaseUntil: Date; isCancelRequested: boolean }> {
    return this.workers.heartbeat({ job: id, attempt, token }, progress);
  }

  @Post(':id/complete')
  @HttpCode(200)
  async complete(@Param() { id }: JobIdDto, @Body() body: CompleteDto): Promise<{ state: string }> {
    const { attempt, token, outputs, durationMs } = body;
    return { state: await this.workers.complete({ job: id, attempt, token }, outputs, durationMs) };
  }

  @Post(':id/fail')
  @HttpCode(200)
  async fail(@Param() { id }: JobIdDto, @Body() body: FailDto): Promise<{ state: string }> {
    const { attempt, token, class: failureClass, code, message } = body;
    return { state: await this.workers.fail({ job: id, attempt, token }, { class: failureClass, code, message }) };
  }
}
