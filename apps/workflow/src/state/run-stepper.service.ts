import { Injectable } from '@nestjs/common';
import { CHOSEN_OUTPUT } from '../domain/compiled-workflow.js';
import type { ItemJob, RunItem } from '../domain/run-item.js';
import type { ActiveRun } from './active-run.js';
import { AwaitedArtifacts } from './awaited-artifacts.service.js';
import { ItemDecider } from './item-decider.service.js';
import { JobRepository, type KnownJob, type WantedJob } from './job.repository.js';
import { RunWriter } from './run-writer.service.js';

/** How often a job that others cancelled is asked for again. */
const MOST_CANCELLATIONS = 3;

/** Takes a run one step forward: notes results, decides on what became ready, asks for jobs up to the limit, and writes it down. */
@Injectable()
export class RunStepper {
  constructor(
    private readonly jobs: JobRepository,
    private readonly decider: ItemDecider,
    private readonly awaited: AwaitedArtifacts,
    private readonly writer: RunWriter,
  ) {}

  /** @returns whether there is more to do at once */
  async step(active: ActiveRun, limit: number, now: Date): Promise<boolean> {
    const renewed = await this.takeResults(active, now);
    this.checkDeadlines(active, now);
    await this.decideAll(active, now);
    const requests = [...renewed, ...takeRequests(active, limit)];
    return this.writer.write(active, requests, now, (transaction) => this.decider.holdTaken(transaction, active));
  }

  /** Takes everything as far as it goes without any job being asked for. */
  async decideAll(active: ActiveRun, now: Date): Promise<void> {
    do {
      for (let ready = active.progress.takeReady(); ready.length > 0; ready = active.progress.takeReady()) {
        await this.decider.decide(active, ready, now);
      }
      await this.takeAwaited(active, now);
    } while (active.progress.hasReady);
  }

  /** @returns jobs under way that are to be asked for once more, because the process that had asked for them died */
  private async takeResults(active: ActiveRun, now: Date): Promise<WantedJob[]> {
    const { progress } = active;
    const known = await this.jobs.find([...progress.waiting.keys()]);
    const renewed: WantedJob[] = [];
    for (const [id, numbers] of [...progress.waiting]) {
      const job = known.get(id);
      const [first] = numbers;
      // A missed expectation of a job before this one may have stopped the run.
      if (first === undefined) continue;
      const item = progress.items[first]!;
      if (isOutdated(active, item) && job?.state !== 'succeeded') active.leaving.push(item.job!);
      else if (job === undefined || job.state === 'requested' || job.state === 'running') {
        if (active.renewRequests) renewed.push(renewalOf(item.job!, job));
      } else active.again.delete(id);
      for (const number of [...numbers]) await this.takeResult(active, number, job, now);
    }
    active.renewRequests = false;
    // A note of a change makes the writer write, which the requests need.
    for (const { job } of renewed)
      for (const number of progress.waiting.get(job.id) ?? []) progress.changed.add(number);
    return renewed;
  }

  private async takeResult(active: ActiveRun, number: number, job: KnownJob | undefined, now: Date): Promise<void> {
    const { progress } = active;
    const item = progress.items[number]!;
    if (item.state !== 'requested' && item.state !== 'running') return;
    if (job?.state === 'succeeded') item.startedAt ??= job.started_at;
    if (job?.state === 'succeeded') await this.decider.accept(active, number, job.outputs!, now);
    else if (isOutdated(active, item)) progress.reconsider(number);
    else if (job?.state === 'running') progress.start(number, job.started_at ?? now);
    else if (job?.state === 'cancelled') this.retryCancelled(active, item, now);
    else if (job?.state === 'failed') this.retryFailed(active, item, job, now);
  }

  private retryFailed(active: ActiveRun, item: RunItem, job: KnownJob, now: Date): void {
    const failure = job.failure ?? { code: 'TOOL_FAILED', message: 'the stage gave no reason' };
    const step = active.progress.graph.stepOf(item.number);
    const reason = failure.class === 'transient' || failure.class === 'preempted' ? failure.class : null;
    if (reason === null || step.kind !== 'tool' || item.retries[reason] >= step.retry[reason]) {
      active.progress.fail(item.number, failure, now);
      return;
    }
    item.retries[reason]++;
    active.progress.reconsider(item.number);
  }

  /** Another run cancelled the job just as this one asked for it. */
  private retryCancelled(active: ActiveRun, item: RunItem, now: Date): void {
    if (item.retries.cancelled++ < MOST_CANCELLATIONS) return active.progress.reconsider(item.number);
    const message = 'the job was cancelled again and again by others';
    active.progress.fail(item.number, { code: 'WORKFLOW_JOB_CANCELLED', message }, now);
  }

  private async takeAwaited(active: ActiveRun, now: Date): Promise<void> {
    const { progress } = active;
    for (const number of [...progress.awaiting]) {
      const step = progress.graph.stepOf(number);
      if (step.kind !== 'await') continue;
      const ancestor = active.output(progress.graph.sourceOf(number, step.derivedFrom));
      if (ancestor === null) {
        progress.fail(number, { code: 'WORKFLOW_OUTPUT_ABSENT', message: 'what it waits on was not made' }, now);
        continue;
      }
      const found = await this.awaited.firstOf(step.artifactKind, ancestor);
      if (found !== null) {
        active.taken.add(found);
        progress.succeed(number, { [CHOSEN_OUTPUT]: found }, now);
      } else if (isOver(progress.items[number]!, step.timeoutMs, now)) {
        const message = `nobody published an artifact of kind ${step.artifactKind} made from ${ancestor} within ${step.timeoutMs / 1000} s`;
        progress.fail(number, { code: 'WORKFLOW_AWAIT_TIMED_OUT', message }, now);
      }
    }
  }

  private checkDeadlines(active: ActiveRun, now: Date): void {
    const { progress } = active;
    for (const numbers of [...progress.waiting.values()]) {
      for (const number of [...numbers]) {
        const [item, step] = [progress.items[number]!, progress.graph.stepOf(number)];
        if (
          item.state !== 'running' ||
          step.kind !== 'tool' ||
          step.timeoutMs === null ||
          !isOver(item, step.timeoutMs, now)
        )
          continue;
        const message = `it ran longer than its timeout of ${step.timeoutMs / 1000} s`;
        progress.fail(number, { code: 'WORKFLOW_STEP_TIMED_OUT', message }, now);
        if (!progress.waiting.has(item.job!.id)) active.leaving.push(item.job!);
      }
    }
  }
}

/** Asks once more for what was asked for. */
const renewalOf = (job: ItemJob, known: KnownJob | undefined): WantedJob => ({
  job,
  again: known?.again ?? false,
  firstAskedAt: known?.requested_at ?? null,
});

function takeRequests(active: ActiveRun, limit: number): WantedJob[] {
  const { progress } = active;
  const requests: WantedJob[] = [];
  while (progress.jobsUnderWay < limit) {
    const next = progress.takeQueued();
    if (next === null) break;
    const job = progress.items[next]!.job!;
    if (progress.request(next)) requests.push({ job, again: active.again.has(job.id), firstAskedAt: null });
  }
  return requests;
}

/** Whether the tool of an item is another one by now: no stage would run the old one. */
function isOutdated(active: ActiveRun, item: RunItem): boolean {
  const step = active.progress.graph.stepOf(item.number);
  return (step.kind === 'tool' || step.kind === 'input') && step.tool.digest !== item.job!.tool;
}

function isOver(item: RunItem, timeoutMs: number, now: Date): boolean {
  return item.startedAt !== null && now.getTime() - item.startedAt.getTime() >= timeoutMs;
}
