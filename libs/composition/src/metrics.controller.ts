import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs, PROCESS_METRICS, type Bytes, type ProcessMetrics } from '@sedge/service-kit';
import type { Response } from 'express';
import { ANSWERS } from './answers.gen.js';

/** Gives the figures of the process to Prometheus. Names of tools and the size of queues are not for everybody. */
@ApiTags('health')
@Answers(ANSWERS)
@Needs('read')
@Controller('v1/metrics')
export class MetricsController {
  constructor(@Inject(PROCESS_METRICS) private readonly metrics: ProcessMetrics) {}

  @Get()
  @ApiOperation({ summary: "Gives the figures of the process in Prometheus' text format" })
  async read(@Res() response: Response): Promise<Bytes<'text/plain'>> {
    const text = await this.metrics.read();
    response.type(this.metrics.contentType).send(text);
  }
}
