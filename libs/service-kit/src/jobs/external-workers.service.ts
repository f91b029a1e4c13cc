import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { createCloudEvent, subjectOf } from '@sedge/event-contracts';
import { validateForm, type Digest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, EVENT_BUS, StoreError, type ArtifactStore, type EventBus } from '@sedge/ports';
import type { Caller } from '../access/caller.js';
import { Teams } from '../access/teams.service.js';
import { stageError } from '../errors.js';
import { StageDirectory, type StageDesk } from '../stage/stage-directory.js';
import type { AttemptOutcome, AttemptResult } from './job-attempts.service.js';
import { openArtifact } from './inputs.js';
import { OUTSIDE, type Fence, type JobRow } from './job.js';
import { attemptOf } from './job-events.js';
import { waitOf, type JobWait } from './job-wait.js';
import type { EndedAttempt } from './job.repository.js';
import type { StoredOutput } from './outputs.js';

interface Located {
  desk: StageDesk;
  job: JobRow;
}

/** Workers that somebody else runs take jobs by HTTP. They are held to the same fence as our own, and act for the team that owns the stage. */
@Injectable()
export class ExternalWorkers {
  constructor(
    private readonly stages: StageDirectory,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
    private readonly teams: Teams,
  ) {}

  async locate(id: Digest): Promise<Located> {
    const located = await this.stages.locate(id);
    if (!located) throw stageError('JOB_UNKNOWN', { job: id });
    return located;
  }

  /** Why a job that is queued has not begun. */
  async waitOf({ desk, job }: Located): Promise<JobWait | null> {
    const isOutside = job.state === 'queued' && desk.catalog.externalNames().includes(job.tool_name);
    return waitOf(job, isOutside ? await desk.jobs.outsideWorkersOf(job.tool_name) : null);
  }

  /** @throws JOB_UNKNOWN, ACCESS_TEAM_DIFFERS */
  private async locateFor(caller: Caller, id: Digest): Promise<Located> {
    const located = await this.locate(id);
    this.teams.assertMayActFor(caller, located.desk.stage);
    return located;
  }

  async claim(
    caller: Caller,
    { id, worker, tool }: { id: Digest; worker: string; tool: Digest | undefined },
  ): Promise<JobRow> {
    const { desk, job } = await this.locateFor(caller, id);
    if (tool !== undefined && tool !== job.tool_digest) {
      throw stageError('JOB_TOOL_DIFFERS', { wanted: job.tool_digest, given: tool });
    }
    const claimed = await desk.attempts.claim(id, `${OUTSIDE}${worker}`);
    if (!claimed) throw stageError('JOB_NOT_QUEUED', { job: id, state: (await desk.jobs.find(id))!.state });
    return claimed;
  }

  async heartbeat(
    caller: Caller,
    fence: Fence,
    progress: { done: number; total: number; unit: string } | undefined,
  ): Promise<{ leaseUntil: Date; isCancelRequested: boolean }> {
    const { desk, job } = await this.locateFor(caller, fence.job);
    const lease = await desk.jobs.heartbeat(fence);
    if (!lease) throw stale(fence);
    if (progress) this.publishProgress(desk, job, progress);
    return lease;
  }

  /**
   * Commits a worker's result after a look at each output: it must be in the store and of the declared kind. Said again, since the answer was
   * lost, it gets the same answer.
   */
  async complete(
    caller: Caller,
    fence: Fence,
    result: { outputs: Record<string, Digest>; durationMs: number },
  ): Promise<AttemptOutcome> {
    const { desk, job } = await this.locateFor(caller, fence.job);
    const outputs = await this.checkOutputs(desk, job, result.outputs);
    return settled(fence, desk, await desk.attempts.succeed(fence, outputs, result.durationMs), (end) =>
      end.outcome === 'succeeded' && isDeepStrictEqual(end.outputs, result.outputs) ? 'succeeded' : null,
    );
  }

  async fail(
    caller: Caller,
    fence: Fence,
    failure: { class: 'transient' | 'permanent'; code: string; message: string },
  ): Promise<AttemptOutcome> {
    const { desk } = await this.locateFor(caller, fence.job);
    return settled(fence, desk, await desk.attempts.fail(fence, failure), (end) => sameFailure(fence, failure, end));
  }

  private async checkOutputs(desk: StageDesk, job: JobRow, ids: Record<string, Digest>): Promise<StoredOutput[]> {
    const ports = desk.catalog.find(job.tool_name)?.registered.definition.outputs ?? {};
    const unknown = Object.keys(ids).find((name) => !ports[name]);
    if (unknown !== undefined) throw invalid(unknown, 'the tool declares no such output');
    const missing = Object.keys(ports).find((name) => !ports[name]!.optional && !ids[name]);
    if (missing !== undefined) throw invalid(missing, 'it is missing');
    return Promise.all(Object.entries(ids).map(([name, id]) => this.checkOutput(name, ports[name]!.kind, id)));
  }

  private async checkOutput(name: string, wantedKind: string, id: Digest): Promise<StoredOutput> {
    const { manifest, kind, metadata } = await openArtifact(this.store, id).catch((error: unknown) => {
      if (error instanceof StoreError && error.transient) throw error;
      // Where the store is, and how it fails, is nothing for a worker.
      const reason = error instanceof StoreError ? `the artifact ${id} is not in the store, or not whole` : null;
      throw invalid(name, reason ?? (error as Error).message);
    });
    if (kind !== wantedKind) throw invalid(name, `it is of kind ${kind}, not ${wantedKind}`);
    const [mistake] = validateForm(metadata);
    if (mistake) throw invalid(name, mistake.path === '' ? mistake.message : `${mistake.path}: ${mistake.message}`);
    for (const { digest } of manifest.layers) {
      const state = await this.store.verify(digest);
      if (state !== 'ok') throw invalid(name, `its blob ${digest} is ${state}`);
    }
    const sizeBytes = manifest.layers.reduce((sum, { size }) => sum + size, manifest.config.size);
    return { name, artifact: id, kind, kindVersion: versionOf(manifest.artifactType), sizeBytes };
  }

  private publishProgress(desk: StageDesk, job: JobRow, progress: { done: number; total: number; unit: string }): void {
    const { done, total, unit } = progress;
    const data = { ...attemptOf(job, desk.stage), done, total, unit };
    const type = 'sedge.job.progress.v1';
    const event = createCloudEvent({
      type,
      source: `/services/${desk.stage}`,
      subject: job.id,
      data,
      time: new Date(),
    });
    this.bus.publishTransient(subjectOf(type, data), event);
  }
}

const versionOf = (artifactType: string): number => Number(/\.v(\d+)$/.exec(artifactType)?.[1] ?? 1);

const stale = ({ job, attempt }: Fence): Error => stageError('JOB_ATTEMPT_STALE', { job, attempt });

const invalid = (output: string, reason: string): Error => stageError('JOB_OUTPUT_INVALID', { output, reason });

/** @param repeated what became of the job, where the attempt was ended by these very words before; else null */
async function settled(
  fence: Fence,
  { jobs }: StageDesk,
  result: AttemptResult,
  repeated: (end: EndedAttempt) => AttemptOutcome | null,
): Promise<AttemptOutcome> {
  if (result !== 'fenced') return result;
  const end = await jobs.endedBy(fence);
  const outcome = end && repeated(end);
  if (!outcome) throw stale(fence);
  return outcome;
}

/** A failure that came when the job was to be cancelled has cancelled it. */
function sameFailure(
  { attempt }: Fence,
  failure: { class: string; code: string },
  end: EndedAttempt,
): AttemptOutcome | null {
  const isSame = end.outcome === 'failed' && end.class === failure.class && end.code === failure.code;
  if (!isSame && end.outcome !== 'cancelled') return null;
  const isLast = end.attempt === attempt && (end.state === 'failed' || end.state === 'cancelled');
  return isLast ? (end.state as AttemptOutcome) : 'retried';
}
