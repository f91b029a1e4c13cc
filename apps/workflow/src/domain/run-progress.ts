import type { Digest } from '@sedge/artifact-contracts';
import type { ItemGraph } from './item-graph.js';
import { isFinal, itemName, type Decision, type ItemFailure, type ItemJob, type RunItem } from './run-item.js';

export type RunState = 'running' | 'succeeded' | 'failed' | 'cancelled';

/**
 * How far a run is: the rules by which its items go from one state to the next. Each change is noted until somebody writes it down.
 * It knows no clock: times are given.
 */
export class RunProgress {
  /** items that changed since they were last written */
  readonly changed = new Set<number>();
  /** items whose job was asked for, by job */
  readonly waiting = new Map<Digest, Set<number>>();
  readonly awaiting = new Set<number>();
  private readonly missing: Int32Array;
  private ready: number[] = [];
  private queue: number[] = [];
  private open = 0;
  private failures = 0;
  private isCancelled = false;

  constructor(
    readonly graph: ItemGraph,
    readonly items: RunItem[],
  ) {
    this.missing = graph.dependencyCounts.slice();
    for (const item of items) this.enlist(item);
    for (const item of items)
      if (item.state === 'pending' && this.missing[item.number] === 0) this.ready.push(item.number);
  }

  private enlist(item: RunItem): void {
    if (item.state === 'succeeded')
      for (const dependent of this.graph.dependentsOf(item.number)) this.missing[dependent]!--;
    if (item.state === 'failed') this.failures++;
    if (item.state === 'cancelled') this.isCancelled = true;
    if (!isFinal(item.state)) this.open++;
    // What was only queued is looked at anew: somebody may have done it meanwhile.
    if (item.state === 'queued') item.state = 'pending';
    if (item.state === 'awaiting') this.awaiting.add(item.number);
    if (item.state === 'requested' || item.state === 'running') this.waitFor(item.number, item.job!.id);
  }

  private waitFor(number: number, job: Digest): void {
    const items = this.waiting.get(job) ?? new Set();
    items.add(number);
    this.waiting.set(job, items);
  }

  private leave(item: RunItem): void {
    this.awaiting.delete(item.number);
    const items = item.job && this.waiting.get(item.job.id);
    if (items?.delete(item.number) && items.size === 0) this.waiting.delete(item.job!.id);
  }

  /** The run's state: it goes on while anything can still happen. */
  get state(): RunState {
    if (this.open > 0) return 'running';
    return this.failures > 0 ? 'failed' : this.isCancelled ? 'cancelled' : 'succeeded';
  }

  get hasReady(): boolean {
    return this.ready.length > 0;
  }

  /** Items whose inputs are all there now; each is given once. */
  takeReady(): number[] {
    const ready = this.ready;
    this.ready = [];
    return ready.filter((number) => this.items[number]!.state === 'pending');
  }

  /** The next item that may ask for its job, in the order in which they became ready. */
  takeQueued(): number | null {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      if (this.items[next]!.state === 'queued') return next;
    }
    return null;
  }

  /** How many different jobs the run waits for. */
  get jobsUnderWay(): number {
    return this.waiting.size;
  }

  queueUp(number: number, job: ItemJob, decision: Decision, note: string | null): void {
    const item = this.note(number);
    Object.assign(item, { state: 'queued', job, decision, note });
    this.queue.push(number);
  }

  /** @returns whether the job is to be asked for, which it isn't when another item of the run waits for it already */
  request(number: number): boolean {
    const item = this.note(number);
    item.state = 'requested';
    const isFirst = !this.waiting.has(item.job!.id);
    this.waitFor(number, item.job!.id);
    return isFirst;
  }

  start(number: number, now: Date): void {
    const item = this.items[number]!;
    if (item.state !== 'requested') return;
    Object.assign(this.note(number), { state: 'running', startedAt: now });
  }

  await(number: number, now: Date): void {
    Object.assign(this.note(number), { state: 'awaiting', startedAt: now });
    this.awaiting.add(number);
  }

  /** Sends an item back to where its job is decided on, e.g. because it is to be asked for again. */
  reconsider(number: number): void {
    const item = this.note(number);
    this.leave(item);
    Object.assign(item, { state: 'pending', startedAt: null });
    this.ready.push(number);
  }

  succeed(number: number, outputs: Record<string, Digest>, now: Date): void {
    const item = this.note(number);
    this.leave(item);
    Object.assign(item, { state: 'succeeded', outputs, finishedAt: now });
    this.open--;
    for (const dependent of this.graph.dependentsOf(number)) {
      if (--this.missing[dependent]! === 0 && this.items[dependent]!.state === 'pending') this.ready.push(dependent);
    }
  }

  /** An item failed: what reads it, directly or not, is skipped; everything else goes on. */
  fail(number: number, failure: ItemFailure, now: Date): void {
    this.end(number, 'failed', failure, now);
    this.failures++;
    const pending = [...this.graph.dependentsOf(number)];
    const failed = this.items[number]!;
    const reason = {
      code: 'WORKFLOW_STEP_SKIPPED',
      message: `${itemName(failed.step, failed.label)}, which it reads, failed`,
    };
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (isFinal(this.items[next]!.state)) continue;
      this.end(next, 'skipped', reason, now);
      pending.push(...this.graph.dependentsOf(next));
    }
  }

  /** Stops the run: nothing further is started, and what runs is left. @returns the jobs that the run leaves */
  stop(reason: ItemFailure, now: Date): ItemJob[] {
    return this.endAll('skipped', reason, now);
  }

  cancel(now: Date): ItemJob[] {
    this.isCancelled = true;
    return this.endAll('cancelled', null, now);
  }

  private endAll(state: 'skipped' | 'cancelled', reason: ItemFailure | null, now: Date): ItemJob[] {
    const left = [...this.waiting.values()].map((items) => this.items[[...items][0]!]!.job!);
    for (const item of this.items) if (!isFinal(item.state)) this.end(item.number, state, reason, now);
    return left;
  }

  private end(number: number, state: 'failed' | 'skipped' | 'cancelled', failure: ItemFailure | null, now: Date): void {
    const item = this.note(number);
    this.leave(item);
    if (!isFinal(item.state)) this.open--;
    Object.assign(item, { state, failure, finishedAt: now });
  }

  private note(number: number): RunItem {
    this.changed.add(number);
    return this.items[number]!;
  }
}

/** Sets back what did not end well, and what gave outputs that are gone, so that a run can go on from there. @returns those items */
export function resetUnsuccessful(items: RunItem[], isThere: (output: Digest) => boolean): RunItem[] {
  const isGood = ({ state, outputs }: RunItem): boolean =>
    state === 'succeeded' && Object.values(outputs ?? {}).every(isThere);
  const reset = items.filter((item) => !isGood(item));
  for (const item of reset) {
    const fresh = {
      state: 'pending',
      decision: null,
      job: null,
      outputs: null,
      failure: null,
      note: null,
      startedAt: null,
      finishedAt: null,
    } as const;
    Object.assign(item, fresh, { retries: { transient: 0, preempted: 0, cancelled: 0 } });
  }
  return reset;
}
