import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager, type ConsumerInfo, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Digest } from '@sedge/artifact-contracts';
import { toolSubject } from '@sedge/event-contracts';
import type { ArtifactStore } from '@sedge/ports';
import type { JobView, StageTool } from '@sedge/service-kit';
import { differenceOf } from '../artifact-difference.js';
import type { ArtifactSamples } from '../artifact-samples.js';
import { cancelRequested, jobRequested, type AskedEvent } from '../job-event.js';
import type { KindSchemas } from '../kind-schemas.js';
import type { StartedProgram } from '../started-program.js';
import type { GoldenCase } from '../workbench.js';
import type { Relay } from './relay.js';

export interface WorkerBenchParts {
  tool: StageTool;
  store: ArtifactStore;
  samples: ArtifactSamples;
  kinds: KindSchemas;
  /** folder for what checks lay out */
  root: string;
  /** between the worker and the stage */
  relay: Relay;
  worker: StartedProgram;
  /** address of the stage itself */
  stageUrl: string;
  natsUrl: string;
  leaseS: number;
  /** how long a job may take */
  limitMs: number;
  /** ends what is waited for */
  signal: AbortSignal;
}

/** A job as it ended. */
export interface EndedJob extends Pick<JobView, 'state' | 'outputs' | 'failure' | 'attempts'> {
  id: Digest;
}

const EVENTS = 'SEDGE_EVENTS';
/** A worker may take this long to start, or to come back after a pause. */
const CLAIMED_WITHIN_MS = 60_000;
/** A stage may hear of a job a little later than the worker. */
const FORGOTTEN_MS = 2000;
const ENDS = new Set(['succeeded', 'failed', 'cancelled']);
const LOOK_EVERY_MS = 50;
const DEFAULT_GRACE_MS = 5000;

/** The broker, the stage and the worker between which checks play. Every job is asked for as `workflow` does: by an event. */
export class WorkerBench {
  /** the first case as it went at first */
  golden: EndedJob | null = null;
  private readonly events = new Map<Digest, AskedEvent>();

  private constructor(
    readonly parts: WorkerBenchParts,
    readonly cases: readonly GoldenCase[],
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
  ) {}

  static async open(parts: WorkerBenchParts, cases: readonly GoldenCase[]): Promise<WorkerBench> {
    const connection = await connect({ servers: parts.natsUrl });
    return new WorkerBench(parts, cases, connection, await jetstreamManager(connection));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  get definition(): StageTool['registered']['definition'] {
    return this.parts.tool.registered.definition;
  }

  get main(): GoldenCase {
    return this.cases[0]!;
  }

  get isRepeatable(): boolean {
    return this.definition.reproducibility.level !== 'none';
  }

  get leaseMs(): number {
    return this.parts.leaseS * 1000;
  }

  get graceMs(): number {
    return this.definition.graceMs ?? DEFAULT_GRACE_MS;
  }

  get subject(): string {
    return toolSubject('sedge.job.requested.v1', this.definition.stage, this.definition.name);
  }

  /**
   * Asks for a job that nobody asked for before.
   * @param change makes another event of it
   */
  async ask(
    one: GoldenCase,
    { inputs = one.inputs, change }: { inputs?: GoldenCase['inputs']; change?: (event: AskedEvent) => object } = {},
  ): Promise<Digest> {
    const event = jobRequested(this.parts.tool.registered, one, inputs);
    const id = event.subject as Digest;
    this.events.set(id, event);
    await this.publish(JSON.stringify(change ? change(structuredClone(event)) : event));
    return id;
  }

  /** The event by which a job was asked for. */
  eventOf(job: Digest): AskedEvent {
    return this.events.get(job)!;
  }

  /** Puts bytes on the subject of the tool's jobs. */
  async publish(bytes: string | Buffer, subject = this.subject): Promise<void> {
    this.connection.publish(subject, bytes);
    await this.connection.flush();
  }

  /** Says that nobody waits for a job any more. */
  async leave(job: Digest): Promise<void> {
    const { stage, name } = this.definition;
    const event = cancelRequested(this.eventOf(job));
    await this.publish(JSON.stringify(event), toolSubject('sedge.job.cancel-requested.v1', stage, name));
  }

  /** The job at its stage; null where the stage does not know it yet. */
  async show(job: Digest): Promise<EndedJob | null> {
    const answer = await fetch(`${this.parts.stageUrl}/v1/jobs/${job}`);
    return answer.status === 404 ? null : ((await answer.json()) as EndedJob);
  }

  /** Does what a worker does, at the stage itself. */
  async call(job: Digest, verb: string, body: object): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.parts.stageUrl}/v1/jobs/${job}/${verb}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  }

  /** Waits for the end of a job. @returns how it stands then, or when the time is over, or when it will never come to its end */
  async ended(job: Digest, limitMs = this.parts.limitMs): Promise<EndedJob | null> {
    const { worker, relay } = this.parts;
    const startedAt = Date.now();
    let forgottenSince: number | null = null;
    await this.until(async () => {
      const state = (await this.show(job))?.state ?? 'unknown';
      if (ENDS.has(state) || !worker.isAlive) return true;
      if (relay.about(job).length === 0 && Date.now() - startedAt > CLAIMED_WITHIN_MS) return true;
      // Nobody has the job, and the broker keeps no event that would bring it to the worker again.
      const isForgotten = state !== 'running' && (await this.open()) === 0;
      forgottenSince = isForgotten ? (forgottenSince ?? Date.now()) : null;
      return forgottenSince !== null && Date.now() - forgottenSince > FORGOTTEN_MS;
    }, limitMs);
    return this.show(job);
  }

  /** How many events the broker still keeps for the worker. */
  async open(): Promise<number> {
    const { num_pending: pending, num_ack_pending: fetched } = await this.consumer();
    return pending + fetched;
  }

  /** @returns whether it became true in time */
  async until(isSo: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    for (const deadline = Date.now() + limitMs; ; await sleep(LOOK_EVERY_MS)) {
      this.parts.signal.throwIfAborted();
      if (await isSo()) return true;
      if (Date.now() > deadline) return false;
    }
  }

  /** Whether the worker can still do a job: asked after each trial that it must live through. */
  async isAtWork(): Promise<boolean> {
    const ended = await this.ended(await this.ask(this.main));
    return ended?.state === 'succeeded';
  }

  differenceFromGolden({ outputs }: EndedJob): Promise<string | null> {
    return differenceOf(this.parts.store, this.golden!.outputs!, outputs!);
  }

  /** What the broker still keeps for the worker. */
  consumer(): Promise<ConsumerInfo> {
    return this.manager.consumers.info(EVENTS, `worker-${this.definition.name}`);
  }

  /** Brings order after a check: what was planted is gone, the relay is calm, the worker is at work. */
  async restore(): Promise<void> {
    this.parts.relay.calm();
    await this.manager.streams.purge(EVENTS, { filter: this.subject });
    if (!this.parts.worker.isAlive) this.parts.worker.start();
  }
}
