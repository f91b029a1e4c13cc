import { Injectable, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { itemView, runSummary, type ItemView, type ProgressView, type RunSummary } from '../domain/run-view.js';
import type { WaitView } from '../domain/item-wait.js';
import { isFinal } from '../domain/run-item.js';
import { RunFeed } from '../state/run-feed.service.js';
import { RunQueries } from '../state/run-queries.service.js';
import { itemOfRow } from '../state/run-row.js';

/** A comment this often keeps proxies from closing a quiet stream, and is when writes of other copies of the service are looked for. */
const HEARTBEAT_MS = 5000;
/** Who takes nothing of what was sent for so long is cut off: it may come back with the last id that it has. */
const UNREAD_MS = 60_000;

/** The events of a run, by name. */
export interface RunEvents {
  run: RunSummary;
  item: ItemView;
  progress: ItemProgress;
  waiting: ItemWaiting;
  end: RunEnd;
}

/** How far a job is, with the names of the items that wait for it. */
export interface ItemProgress extends ProgressView {
  items: string[];
  job: string;
}

/** What a job waits for, with the names of the items that wait for the job; null: nothing any more that is known. */
export interface ItemWaiting {
  items: string[];
  job: string;
  waitsFor: WaitView | null;
}

export type RunEnd = Pick<RunSummary, 'state' | 'failure'>;

/**
 * Sends what happens to a run as server-sent events: `run` and `item` with their states, `progress` and `waiting` between them, `end` last.
 * The id of an event is the run's revision; who comes back with the last id gets the present state of everything that changed since.
 */
@Injectable()
export class RunEventStream {
  constructor(
    private readonly queries: RunQueries,
    private readonly feed: RunFeed,
  ) {}

  open(run: string, after: string, response: Response): void {
    // Who has left already closes nothing any more.
    if (response.destroyed) return;
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' };
    response.writeHead(200, headers);
    response.flushHeaders();
    new Listener(run, after, response, this.queries, this.feed).start();
  }
}

class Listener {
  private readonly logger = new Logger('events');
  /** items by the job that they wait for, for news of it */
  private readonly jobs = new Map<string, Set<string>>();
  private readonly ends: (() => void)[] = [];
  private isSending = false;
  private isDirty = true;

  constructor(
    private readonly run: string,
    private revision: string,
    private readonly response: Response,
    private readonly queries: RunQueries,
    private readonly feed: RunFeed,
  ) {}

  start(): void {
    const heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS).unref();
    this.ends.push(
      () => clearInterval(heartbeat),
      this.feed.onChange(this.run, () => this.wake()),
      this.feed.onProgress(({ job, ...progress }) => this.sendNews('progress', job, progress)),
      this.feed.onWaiting(({ job, waitsFor }) => this.sendNews('waiting', job, { waitsFor })),
      this.feed.onClosing(() => this.end()),
    );
    this.response
      .on('close', () => this.stop())
      .on('error', (error) => this.logger.debug({ message: `events of run ${this.run}: ${error.message}` }))
      .on('drain', () => this.wake())
      .setTimeout(UNREAD_MS, () => this.response.destroy());
    this.wake();
  }

  private beat(): void {
    if (!this.isTaking) return;
    this.response.write(': still here\n\n');
    this.wake();
  }

  /** A slow listener gets fewer, larger steps instead of a growing heap. */
  private get isTaking(): boolean {
    return !this.isOver && !this.response.writableNeedDrain;
  }

  private get isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  /** Nothing is written after the end, however long it takes until the last of it is read. */
  private end(): void {
    this.stop();
    if (!this.isOver) this.response.end();
  }

  private stop(): void {
    for (const end of this.ends.splice(0)) end();
  }

  private wake(): void {
    this.isDirty = true;
    if (!this.isSending) void this.sendChanges();
  }

  private async sendChanges(): Promise<void> {
    this.isSending = true;
    try {
      while (this.isDirty && this.isTaking) {
        this.isDirty = false;
        await this.sendOnce();
      }
    } catch (error) {
      this.logger.warn({ message: `events of run ${this.run} end: ${(error as Error).message}`, run: this.run });
      this.end();
    } finally {
      this.isSending = false;
    }
  }

  private async sendOnce(): Promise<void> {
    // The run first: what its items show then is at least as new.
    const row = await this.queries.row(this.run);
    // Who comes back after the run's last change may have missed its end.
    if (row.state === 'running' && BigInt(row.revision) <= BigInt(this.revision)) return;
    const items = (await this.queries.itemRows(this.run, this.revision)).map(itemOfRow);
    for (const item of items) {
      const view = itemView(item, this.feed);
      this.noteJob(view.job, view.name, isFinal(item.state));
      this.send('item', view);
    }
    this.send('run', runSummary(row, {}), row.revision);
    this.revision = row.revision;
    if (row.state === 'running') return;
    this.send('end', { state: row.state, failure: row.failure });
    this.end();
  }

  private noteJob(job: string | null, name: string, isOver: boolean): void {
    if (job === null) return;
    const names = this.jobs.get(job) ?? new Set();
    if (isOver) names.delete(name);
    else names.add(name);
    if (names.size > 0) this.jobs.set(job, names);
    else this.jobs.delete(job);
  }

  private sendNews<Name extends 'progress' | 'waiting'>(
    event: Name,
    job: string,
    news: Omit<RunEvents[Name], 'items' | 'job'>,
  ): void {
    const names = this.jobs.get(job);
    if (names && this.isTaking) this.send(event, { items: [...names], job, ...news } as RunEvents[Name]);
  }

  private send<Name extends keyof RunEvents>(event: Name, data: RunEvents[Name], id?: string): void {
    if (this.isOver) return;
    this.response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
