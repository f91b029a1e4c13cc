import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { EVENT_BUS, type EventBus } from '@sedge/ports';
import { EventEmitter } from 'node:events';
import type { WaitView } from '../domain/item-wait.js';
import { validateProgress, type JobProgress } from '../domain/job-progress.js';
import type { JobNews } from '../domain/run-view.js';

/** Jobs whose last progress is remembered. */
const REMEMBERED = 2000;

/** What a job waits for now; null where it runs, has ended, or its stage has not been asked yet. */
export interface JobWaiting {
  job: Digest;
  waitsFor: WaitView | null;
}

/**
 * Tells listeners in this process that a run was written, that a job made progress, or what it waits for. It carries no state of runs: who
 * listens asks for it.
 */
@Injectable()
export class RunFeed implements JobNews, OnModuleInit, OnApplicationShutdown {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly progress = new Map<Digest, JobProgress>();
  private readonly waiting = new Map<Digest, WaitView>();
  private stop: () => void = () => undefined;

  constructor(@Inject(EVENT_BUS) private readonly bus: EventBus) {}

  onModuleInit(): void {
    // Token by token, as the broker allows it.
    this.stop = this.bus.listen(['sedge.job.progress.*.*'], (event) => this.noteProgress(event.data));
  }

  onApplicationShutdown(): void {
    this.stop();
    this.emitter.emit('closing');
    this.emitter.removeAllListeners();
  }

  changed(run: string): void {
    this.emitter.emit(`run ${run}`);
  }

  progressOf(job: string): JobProgress | null {
    return this.progress.get(job as Digest) ?? null;
  }

  waitOf(job: string): WaitView | null {
    return this.waiting.get(job as Digest) ?? null;
  }

  /** Notes what a job waits for, and tells it where that is new. */
  noteWait(job: Digest, waitsFor: WaitView | null): void {
    if (this.waitOf(job)?.message === waitsFor?.message) return;
    if (waitsFor === null) this.waiting.delete(job);
    else this.waiting.set(job, waitsFor);
    this.emitter.emit('waiting', { job, waitsFor } satisfies JobWaiting);
  }

  /** Jobs that something is noted of. */
  waitingJobs(): Digest[] {
    return [...this.waiting.keys()];
  }

  /** @returns a function that ends it */
  onChange(run: string, listener: () => void): () => void {
    return this.on(`run ${run}`, listener);
  }

  onProgress(listener: (progress: JobProgress) => void): () => void {
    return this.on('progress', listener as (...values: unknown[]) => void);
  }

  onWaiting(listener: (waiting: JobWaiting) => void): () => void {
    return this.on('waiting', listener as (...values: unknown[]) => void);
  }

  onClosing(listener: () => void): () => void {
    return this.on('closing', listener);
  }

  private on(name: string, listener: (...values: unknown[]) => void): () => void {
    this.emitter.on(name, listener);
    return () => void this.emitter.off(name, listener);
  }

  private noteProgress(data: unknown): void {
    const progress = validateProgress(data);
    if (progress === null) return;
    this.progress.delete(progress.job);
    this.progress.set(progress.job, progress);
    if (this.progress.size > REMEMBERED) this.progress.delete(this.progress.keys().next().value!);
    this.emitter.emit('progress', progress);
  }
}
