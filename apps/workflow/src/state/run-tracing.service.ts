import { Inject, Injectable } from '@nestjs/common';
import {
  TRACING,
  formatTraceparent,
  parseTraceparent,
  spanNamed,
  type Span,
  type TraceContext,
  type Tracing,
} from '@sedge/service-kit';
import { isFinal, itemName, type ItemJob, type RunItem } from '../domain/run-item.js';
import type { RunRow } from './run-row.js';

type TracedRun = Pick<RunRow, 'id' | 'workflow' | 'traceparent' | 'request_traceparent' | 'created_at' | 'retried_at'>;

/** Tells of runs and their jobs as spans: one run is one trace, whatever becomes of the processes meanwhile. */
@Injectable()
export class RunTracing {
  constructor(@Inject(TRACING) private readonly tracing: Tracing) {}

  /** What the request for a job carries, so that its stage goes on with the run's trace. */
  traceparentOf(run: TracedRun, job: ItemJob): string | undefined {
    const context = currentSpanOf(run);
    return context ? formatTraceparent(spanNamed(context, 'job', job.id)) : undefined;
  }

  /** Tells of jobs that have ended for the run. @param requestedAt when each was asked for, where this process did it */
  jobsEnded(run: TracedRun, items: readonly RunItem[], requestedAt: ReadonlyMap<string, Date>): void {
    const parent = currentSpanOf(run);
    if (!this.tracing.isOn || parent === null) return;
    const told = new Set<string>();
    for (const item of items) {
      const { job, decision } = item;
      if (!job || !isFinal(item.state) || decision === null || decision === 'reused' || told.has(job.id)) continue;
      told.add(job.id);
      const endedAt = item.finishedAt ?? new Date();
      this.record(run, {
        name: `job ${job.toolName}`,
        context: spanNamed(parent, 'job', job.id),
        parent,
        startedAt: requestedAt.get(job.id) ?? item.startedAt ?? endedAt,
        endedAt,
        attributes: {
          'sedge.step': itemName(item.step, item.label),
          'sedge.job': job.id,
          'sedge.tool': job.toolName,
          'sedge.stage': job.stage,
          'sedge.decision': decision,
        },
        ...(item.failure && { failure: `${item.failure.code}: ${item.failure.message}` }),
      });
    }
  }

  /** Tells of a run that has ended, or ended once more after a retry. */
  runEnded(run: TracedRun, state: RunRow['state'], endedAt: Date): void {
    const first = parseTraceparent(run.traceparent);
    if (!this.tracing.isOn || first === null) return;
    const isRetry = run.retried_at !== null;
    this.record(run, {
      name: `${isRetry ? 'retry of run' : 'run'} ${run.workflow}`,
      context: currentSpanOf(run)!,
      parent: isRetry ? first : parseTraceparent(run.request_traceparent),
      startedAt: run.retried_at ?? run.created_at,
      endedAt,
      attributes: { 'sedge.workflow': run.workflow, 'sedge.state': state },
      ...(state === 'failed' && { failure: 'the run failed' }),
    });
  }

  private record(run: TracedRun, span: Omit<Span, 'service' | 'kind'>): void {
    const attributes = { 'sedge.run': run.id, ...span.attributes };
    this.tracing.record({ ...span, attributes, kind: 'internal', service: 'workflow' });
  }
}

/** The span under way of a run: its own, or that of its last retry below it. */
function currentSpanOf({ traceparent, retried_at: retriedAt }: TracedRun): TraceContext | null {
  const context = parseTraceparent(traceparent);
  if (context === null || retriedAt === null) return context;
  return spanNamed(context, 'retry', retriedAt.toISOString());
}
