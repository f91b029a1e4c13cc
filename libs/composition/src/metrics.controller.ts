import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Needs, PROCESS_METRICS, type ProcessMetrics } from '@sedge/service-kit';
import type { Response } from 'express';

/** Gives the figures of the process to Prometheus. Names of tools and the size of queues are not for everybody. */
@ApiTags('health')
@Needs('read')
@Controller('v1/metrics')
export class MetricsController {
  constructor(@Inject(PROCESS_METRICS) private readonly metrics: ProcessMetrics) {}

  @Get()
  @ApiOperation({ summary: "Gives the figures of the process in Prometheus' text format" })
  @ApiProduces('text/plain')
  async read(@Res() response: Response): Promise<void> {
    const text = await this.metrics.read();
    response.type(this.metrics.contentType).send(text);
  }
}
