import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Answers,
  HandsOn,
  Needs,
  STAGE_ERRORS,
  TRACING,
  inFirstSpan,
  parseTraceparent,
  type JsonLines,
  type LogLine,
  type ServerSentEvents,
  type Tracing,
} from '@sedge/service-kit';
import type { Request, Response } from 'express';
import type { Why } from '../domain/run-reasons.js';
import type { RunPage, RunView } from '../domain/run-view.js';
import { RunCommands } from '../state/run-commands.service.js';
import { RunQueries } from '../state/run-queries.service.js';
import { ANSWERS } from './answers.gen.js';
import { IdempotencyKey, TakesIdempotencyKey } from './idempotency-key.js';
import { RunEventStream, type RunEvents } from './run-event-stream.js';
import { ListRunsDto, RunLogsDto } from './runs.dto.js';
import { StageLogs } from './stage-logs.js';
import { RunRequestDto, completeRequest } from './workflow-request.dto.js';

@Needs('read')
@ApiTags('runs')
@Answers(ANSWERS)
@Controller('v1/runs')
export class RunsController {
  constructor(
    private readonly commands: RunCommands,
    private readonly queries: RunQueries,
    private readonly events: RunEventStream,
    private readonly logs: StageLogs,
    @Inject(TRACING) private readonly tracing: Tracing,
  ) {}

  @Post()
  @Needs('run')
  @ApiOperation({ summary: 'Starts a run of a workflow' })
  @TakesIdempotencyKey('the same key and request give the same run')
  @ApiHeader({
    name: 'traceparent',
    required: false,
    description: "W3C trace context: the run joins the caller's trace",
  })
  async start(
    @Body() body: RunRequestDto,
    @IdempotencyKey() key: string | null,
    @Headers('traceparent') traceparent?: string,
  ): Promise<RunView> {
    const parent = parseTraceparent(traceparent);
    const attributes = { 'http.request.method': 'POST', 'http.route': '/v1/runs' };
    const span = { name: 'POST /v1/runs', kind: 'server', service: 'workflow', attributes, parent } as const;
    return inFirstSpan(this.tracing, span, async (context) => {
      const { run } = await this.commands.start(completeRequest(body), 'run', key, context);
      return this.queries.show(run.id);
    });
  }

  @Get()
  @ApiOperation({ summary: 'Lists runs, newest first' })
  list(@Query() { limit, cursor }: ListRunsDto): Promise<RunPage> {
    return this.queries.list(limit, cursor ?? null);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows a run with the state of each step' })
  show(@Param('id') id: string): Promise<RunView> {
    return this.queries.show(id);
  }

  @Get(':id/why')
  @ApiOperation({ summary: 'Says of each step why it ran, or why its earlier result was used' })
  why(@Param('id') id: string): Promise<Why> {
    return this.queries.why(id);
  }

  @Get(':id/logs')
  @ApiOperation({ summary: "Gives the log of a step's job, as the stage that has the job gives it" })
  @HandsOn(STAGE_ERRORS, ['JOB_UNKNOWN', 'JOB_LOG_UNKNOWN', 'JOB_LOG_ELSEWHERE'])
  async readLogs(
    @Param('id') id: string,
    @Query() { step, attempt }: RunLogsDto,
    @Res() response: Response,
  ): Promise<JsonLines<LogLine>> {
    const item = await this.queries.itemWithJob(id, step, null);
    await this.logs.pipe({ stage: item.stage, job: item.job! }, attempt ?? null, response);
  }

  @Get(':id/events')
  @ApiOperation({
    summary: 'Server-sent events: states of the run and its steps as they change, progress, and what jobs wait for',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'go on after this event' })
  async listen(
    @Param('id') id: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<ServerSentEvents<RunEvents>> {
    const run = await this.queries.row(id);
    const last = request.header('last-event-id') ?? '';
    this.events.open(run.id, /^\d{1,18}$/.test(last) ? last : '-1', response);
  }

  @Post(':id/cancel')
  @Needs('run')
  @HttpCode(200)
  @ApiOperation({ summary: 'Cancels a run; its jobs end unless other runs wait for them' })
  @TakesIdempotencyKey('the same key does not cancel a run again that was retried meanwhile')
  async cancel(@Param('id') id: string, @IdempotencyKey() key: string | null): Promise<RunView> {
    await this.commands.cancel(id, key);
    return this.queries.show(id);
  }

  @Post(':id/retry')
  @Needs('run')
  @HttpCode(200)
  @ApiOperation({ summary: 'Runs again what failed, was skipped or cancelled' })
  @TakesIdempotencyKey('the same key does not retry the run again')
  async retry(@Param('id') id: string, @IdempotencyKey() key: string | null): Promise<RunView> {
    await this.commands.retry(id, key);
    return this.queries.show(id);
  }
}
