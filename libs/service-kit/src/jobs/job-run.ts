import { createCloudEvent, subjectOf, type JobProgressData } from '@sedge/event-contracts';
import { StoreError, type ToolOutcome } from '@sedge/ports';
import { ToolError, schemaValidator, type JobFile, type ToolLine } from '@sedge/tool-contracts';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTraceparent, type TraceContext } from '../tracing/trace-context.js';
import { inSpan } from '../tracing/tracing.js';
import type { StageTool } from '../tools/tool-catalog.service.js';
import { failureOf, type Failure } from './failure.js';
import type { JobRow } from './job.js';
import { attemptOf, contextOf } from './job-events.js';
import { layOutJob } from './job-files.js';
import { foldersOf, removeFolder, type JobFolders } from './job-folders.js';
import { attemptSpanOf, jobAttributes } from './job-spans.js';
import type { JobSurroundings } from './job-surroundings.service.js';
import { JobLog } from './job-log.js';
import { storeOutputs, type StoredOutput } from './outputs.js';

/** What the work of an attempt came to, before anything of it is committed. */
export type RunResult =
  | { status: 'done'; outputs: StoredOutput[]; durationMs: number }
  | { status: 'failed'; failure: Failure }
  | { status: 'stopped' };

export type RunSurroundings = Pick<JobSurroundings, 'host' | 'store' | 'bus' | 'tracing'> & { stage: string };

const PROGRESS_EVERY_MS = 200;
/** Between looks at a store that is away. */
const STORE_PAUSE_MS = 2000;

/** The work of one attempt: inputs out of the store, the tool, outputs into the store. It touches no table. */
export class JobRun {
  private readonly folders: JobFolders;
  private readonly log: JobLog;
  private lastProgressAt = 0;
  private reported: { code: string; message: string } | null = null;

  constructor(
    private readonly job: JobRow,
    private readonly tool: StageTool,
    private readonly around: RunSurroundings,
  ) {
    this.folders = foldersOf(around.host.dataDirectory, around.stage, job);
    this.log = new JobLog(this.folders.logs, job.attempt);
  }

  async work(signal: AbortSignal): Promise<RunResult> {
    const startedAt = performance.now();
    try {
      const file = await this.inSpan('fetch inputs', () => this.onceStoreAnswers(signal, () => this.prepare()));
      const outcome = await this.inSpan('run tool', (context) => this.runTool(file, signal, context));
      if (signal.aborted) return { status: 'stopped' };
      if (outcome.status === 'cancelled') return { status: 'stopped' };
      if (outcome.status === 'failed') return this.failed(outcome);
      const { definition } = this.tool.registered;
      const store = (): Promise<StoredOutput[]> => storeOutputs(this.around.store, definition, file.outputs);
      const outputs = await this.inSpan('store outputs', () => this.onceStoreAnswers(signal, store));
      return { status: 'done', outputs, durationMs: Math.round(performance.now() - startedAt) };
    } catch (error) {
      if (signal.aborted) return { status: 'stopped' };
      return this.failed(failureOf(error));
    } finally {
      await this.log.close();
    }
  }

  /** Removes the working directory; `isFinished` says that the job needs its scratch directory no more either. */
  async cleanUp(isFinished: boolean): Promise<void> {
    await removeFolder(isFinished ? this.folders.job : this.folders.attempt);
  }

  /** A part of the attempt, in its trace. */
  private inSpan<Result>(name: string, work: (context: TraceContext | null) => Promise<Result>): Promise<Result> {
    const { tracing, stage: service } = this.around;
    const [parent, attributes] = [attemptSpanOf(this.job), jobAttributes(this.job)];
    return inSpan(tracing, { name, kind: 'internal', service, parent, attributes }, work);
  }

  /** A store that is away says nothing of the job, whose work so far would be lost with the attempt: what needs the store is done again. */
  private async onceStoreAnswers<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        return await work();
      } catch (error) {
        if (!isStoreAway(error)) throw error;
        if (isFirst) this.log.add('warn', `waits for the store, which is away: ${error.message}`);
        await sleep(STORE_PAUSE_MS, undefined, { signal });
      }
    }
  }

  private async prepare(): Promise<JobFile> {
    checkParameters(this.tool, this.job.parameters);
    const { store, host } = this.around;
    return layOutJob({
      job: this.job,
      definition: this.tool.registered.definition,
      folders: this.folders,
      store,
      host,
    });
  }

  private async runTool(job: JobFile, signal: AbortSignal, context: TraceContext | null): Promise<ToolOutcome> {
    if (signal.aborted) return { status: 'cancelled' };
    return this.tool.runner!.run({
      tool: this.tool.registered,
      folder: this.tool.folder,
      job,
      workDirectory: this.folders.attempt,
      ...(context !== null && { traceparent: formatTraceparent(context) }),
      signal,
      onLine: (line) => this.take(line),
    });
  }

  private take(line: ToolLine): void {
    if (line.type === 'progress') return this.progress(line);
    if (line.type === 'log') return this.log.add(line.level, line.message);
    this.reported = { code: line.code, message: line.message };
    this.log.add('error', `${line.code}: ${line.message}`);
  }

  private progress({ done, total, unit, metrics }: ToolLine & { type: 'progress' }): void {
    const now = performance.now();
    if (now - this.lastProgressAt < PROGRESS_EVERY_MS && done < total) return;
    this.lastProgressAt = now;
    const data: JobProgressData = {
      ...attemptOf(this.job, this.around.stage),
      done,
      total,
      unit,
      ...(metrics && { metrics }),
    };
    const type = 'sedge.job.progress.v1';
    const source = `/services/${this.around.stage}`;
    const context = contextOf(this.job);
    const event = createCloudEvent({ type, source, subject: this.job.id, data, time: new Date(), ...context });
    this.around.bus.publishTransient(subjectOf(type, data), event);
  }

  /** The tool's own words, where it gave any, say more than how it ended. */
  private failed({ class: failureClass, code, message }: Failure): RunResult {
    if (this.reported) return { status: 'failed', failure: { class: failureClass, ...this.reported } };
    this.log.add('error', `${code}: ${message}`);
    return { status: 'failed', failure: { class: failureClass, code, message } };
  }
}

/** A store that refuses this process for good is no such. */
function isStoreAway(error: unknown): error is StoreError {
  return error instanceof StoreError && error.code === 'STORE_UNAVAILABLE' && error.transient;
}

const parameterChecks = new WeakMap<object, ValidateFunction>();

/** Parameters come by event from elsewhere, so they are checked here too. */
function checkParameters({ registered: { definition } }: StageTool, parameters: Record<string, unknown>): void {
  let check = parameterChecks.get(definition);
  if (!check) {
    check = schemaValidator().compile(definition.parameters);
    parameterChecks.set(definition, check);
  }
  if (check(parameters)) return;
  throw new ToolError('JOB_PARAMETERS_INVALID', schemaValidator().errorsText(check.errors, { dataVar: 'parameters' }));
}
