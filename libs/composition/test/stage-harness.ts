import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Inject, Injectable, Module, type OnModuleInit, type Type } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import {
  createCloudEvent,
  subjectOf,
  type CloudEvent,
  type EventMap,
  type EventType,
  type JobRequestedData,
} from '@sedge/event-contracts';
import { EVENT_BUS, type EventBus } from '@sedge/ports';
import { AnswerCheck } from '@sedge/test-kit';
import { EventSubscriber, ServiceModule, StageModule, Transactions } from '@sedge/service-kit';
import { jobIdOf, type RegisteredTool } from '@sedge/tool-contracts';
import { apiDocument, readSettings, startProcess, type RunningProcess } from '../src/index.js';

/** A job as a test asks for it. */
export interface Asked {
  tool: string;
  parameters?: Record<string, unknown>;
  inputs?: Record<string, Digest | Digest[]>;
  run?: string;
  again?: boolean;
  afterAttempt?: number;
  firstAskedMs?: number;
  /** when it asked, in Unix ms: the request comes late */
  atMs?: number;
}

/** A service that asks for jobs and hears how they end, as `workflow` does. */
@Injectable()
export class Client implements OnModuleInit {
  readonly tools = new Map<string, RegisteredTool>();
  readonly events: CloudEvent[] = [];
  readonly progress: CloudEvent[] = [];
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly subscriber: EventSubscriber,
    readonly transactions: Transactions,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
  ) {}

  async onModuleInit(): Promise<void> {
    const note = async (event: CloudEvent): Promise<void> => {
      if (event.type === 'sedge.tool.registered.v1') {
        const { tool } = event.data as EventMap['sedge.tool.registered.v1'];
        this.tools.set(tool.definition.name, tool);
      }
      this.events.push(event);
      for (const wake of this.waiting.splice(0)) wake();
    };
    await this.subscriber.subscribe(
      {
        consumer: 'client',
        subjects: ['sedge.job.*.>', 'sedge.tool.>', 'sedge.artifact.>'],
        concurrency: 1,
      },
      {
        'sedge.tool.registered.v1': note,
        'sedge.job.started.v1': note,
        'sedge.job.succeeded.v1': note,
        'sedge.job.failed.v1': note,
        'sedge.job.cancelled.v1': note,
        'sedge.artifact.stored.v1': note,
      },
    );
    this.bus.listen(['sedge.job.progress.>'], (event) => void this.progress.push(event));
  }

  /** @returns the job's id */
  async ask({
    tool: name,
    parameters = {},
    inputs = {},
    run = 'run-1',
    again = false,
    atMs,
    ...more
  }: Asked): Promise<Digest> {
    await this.until(() => this.tools.has(name));
    const { definition, digest, machine } = this.tools.get(name)!;
    const defaults = Object.fromEntries(
      Object.entries(definition.parameters.properties).map(([key, schema]) => [key, schema['default']]),
    );
    const complete = { ...defaults, ...parameters };
    const job = jobIdOf({ tool: digest, parameters: complete, inputs, machine });
    const { version, stage } = definition;
    const tool = { name, version, stage, digest };
    const data = { job, tool, parameters: complete, inputs, machine, run, again, ...more };
    if (atMs === undefined)
      await this.transactions.run(async (transaction) => transaction.publish('sedge.job.requested.v1', job, data));
    else await this.askLate(data, new Date(atMs));
    return job;
  }

  private async askLate(data: JobRequestedData, time: Date): Promise<void> {
    const type = 'sedge.job.requested.v1';
    const event = createCloudEvent({ type, source: '/services/workflow', subject: data.job, data, time });
    await this.bus.publish(subjectOf(type, data), event);
  }

  async leave(job: Digest, name: string, run = 'run-1'): Promise<void> {
    const { definition, digest } = this.tools.get(name)!;
    const tool = { name, version: definition.version, stage: definition.stage, digest };
    await this.transactions.run(async (transaction) =>
      transaction.publish('sedge.job.cancel-requested.v1', job, { job, tool, run }),
    );
  }

  /** Waits for an event about a subject. @param after how many of them to pass over */
  async hear<Type extends EventType>(type: Type, subject: string, after = 0): Promise<CloudEvent<EventMap[Type]>> {
    const found = (): CloudEvent[] => this.events.filter((event) => event.type === type && event.subject === subject);
    await this.until(() => found().length > after);
    return found()[after] as CloudEvent<EventMap[Type]>;
  }

  count(type: EventType, subject: string): number {
    return this.events.filter((event) => event.type === type && event.subject === subject).length;
  }

  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
        setTimeout(resolve, 50);
      });
    }
  }
}

@Module({ imports: [ServiceModule.forRoot({ name: 'workflow' })], providers: [Client] })
class ClientModule {}

@Module({
  imports: [
    StageModule.forRoot({
      stage: 'sample',
      builtinTools: pathToFileURL(join(import.meta.dirname, 'fixtures', 'tools/')),
    }),
  ],
})
class SampleModule {}

export interface Started {
  process: RunningProcess;
  client: Client;
  get(path: string): Promise<{ status: number; body: unknown }>;
  post(path: string, body: unknown): Promise<{ status: number; body: unknown }>;
  delete(path: string): Promise<{ status: number; body: unknown }>;
  /** against which every answer is held */
  answers: AnswerCheck;
}

export async function makeDataDirectory(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'sedge-stage-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Starts a stage and a client of it in this process, on the embedded column. */
export async function start(dataDirectory: string, environment: Record<string, string> = {}): Promise<Started> {
  const settings = readSettings({
    SEDGE_HOME: dataDirectory,
    SEDGE_PORT: '0',
    XDG_CACHE_HOME: join(tmpdir(), 'sedge-test-cache'),
    ...environment,
  });
  const modules: Type[] = [SampleModule, ClientModule];
  const running = await startProcess({ modules, settings });
  const answers = new AnswerCheck(apiDocument(running.app));
  const call = async (path: string, init?: RequestInit): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`${running.url}${path}`, init);
    const text = await answer.text();
    const heard = { method: init?.method ?? 'GET', path, status: answer.status, text };
    const mistakes = answers.mistakesIn({ ...heard, contentType: answer.headers.get('content-type') });
    if (mistakes.length > 0) throw new Error(mistakes.join('\n'));
    const isJson = answer.headers.get('content-type')?.includes('application/json') ?? false;
    return { status: answer.status, body: isJson ? JSON.parse(text) : text };
  };
  return {
    process: running,
    client: running.app.get(Client, { strict: false }),
    answers,
    get: (path) => call(path),
    delete: (path) => call(path, { method: 'DELETE' }),
    post: (path, body) =>
      call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  };
}
