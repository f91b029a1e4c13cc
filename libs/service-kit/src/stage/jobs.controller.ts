import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Caller } from '../access/caller.js';
import { AskedBy, Needs } from '../access/needs.js';
import { Answers } from '../answers/answers.js';
import type { JsonLines } from '../answers/streams.js';
import { ExternalWorkers } from '../jobs/external-workers.service.js';
import type { LogLine } from '../jobs/job-log.js';
import { JobLogs } from '../jobs/job-logs.service.js';
import { ANSWERS } from './answers.gen.js';
import { ClaimDto, CompleteDto, FailDto, HeartbeatDto, JobIdDto, LogQueryDto } from './job.dto.js';
import { claimView, jobView, type ClaimView, type EndView, type JobView, type LeaseView } from './job-view.js';

/** The jobs of the stages of this process: for those who look, and for workers outside. */
@ApiTags('jobs')
@Answers(ANSWERS)
@Needs('read')
@Controller('v1/jobs')
export class JobsController {
  constructor(
    private readonly workers: ExternalWorkers,
    private readonly jobLogs: JobLogs,
  ) {}

  @Get(':id')
  @ApiOperation({ summary: 'Shows a job with its attempts, and why it has not begun' })
  async show(@Param() { id }: JobIdDto): Promise<JobView> {
    const { desk, job } = await this.workers.locate(id);
    return jobView(desk.stage, job, await desk.jobs.attemptsOf(id), await this.workers.waitOf({ desk, job }));
  }

  /** Lines of JSON: time, level, message. */
  @Get(':id/logs')
  @ApiOperation({ summary: 'Gives the log of a job as JSON lines: time, level, message' })
  @Header('content-type', 'application/x-ndjson')
  async logs(@Param() { id }: JobIdDto, @Query() { attempt }: LogQueryDto): Promise<JsonLines<LogLine>> {
    const { desk } = await this.workers.locate(id);
    return new StreamableFile(await this.jobLogs.open(id, await desk.jobs.attemptsOf(id), attempt));
  }

  @Post(':id/claim')
  @Needs('run')
  @ApiOperation({ summary: 'Takes a job for a worker outside' })
  @HttpCode(200)
  async claim(
    @Param() { id }: JobIdDto,
    @Body() { worker, tool }: ClaimDto,
    @AskedBy() caller: Caller,
  ): Promise<ClaimView> {
    return claimView(await this.workers.claim(caller, { id, worker, tool }));
  }

  @Post(':id/heartbeat')
  @Needs('run')
  @ApiOperation({ summary: 'Keeps the lease of an attempt, and hears whether the job is still wanted' })
  @HttpCode(200)
  async heartbeat(
    @Param() { id }: JobIdDto,
    @Body() { attempt, token, progress }: HeartbeatDto,
    @AskedBy() caller: Caller,
  ): Promise<LeaseView> {
    return this.workers.heartbeat(caller, { job: id, attempt, token }, progress);
  }

  @Post(':id/complete')
  @Needs('run')
  @ApiOperation({ summary: 'Ends an attempt with its outputs, which were uploaded before' })
  @HttpCode(200)
  async complete(
    @Param() { id }: JobIdDto,
    @Body() { attempt, token, outputs, durationMs }: CompleteDto,
    @AskedBy() caller: Caller,
  ): Promise<EndView> {
    return { state: await this.workers.complete(caller, { job: id, attempt, token }, { outputs, durationMs }) };
  }

  @Post(':id/fail')
  @Needs('run')
  @ApiOperation({ summary: 'Ends an attempt that failed' })
  @HttpCode(200)
  async fail(
    @Param() { id }: JobIdDto,
    @Body() { attempt, token, class: failureClass, code, message }: FailDto,
    @AskedBy() caller: Caller,
  ): Promise<EndView> {
    const failure = { class: failureClass, code, message };
    return { state: await this.workers.fail(caller, { job: id, attempt, token }, failure) };
  }
}
