import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DirectoryStore } from '@sedge/adapter-directory';
import { MemoryBus } from '@sedge/adapter-memory-bus';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { apiDocument } from '@sedge/composition';
import { ARTIFACT_STORE, DATABASE, EVENT_BUS, TOOL_RUNNERS } from '@sedge/ports';
import {
  ErrorFilter,
  HOST,
  NO_TRACING,
  PROCESS_METRICS,
  ProcessMetrics,
  StageModule,
  TRACING,
  describeMachine,
  requestValidation,
  type Host,
} from '@sedge/service-kit';
import { AnswerCheck } from '@sedge/test-kit';
import type { ItemView, RunView } from '../src/domain/run-view.js';
import { RunQueries } from '../src/state/run-queries.service.js';
import { WorkflowModule } from '../src/workflow.module.js';

export interface Answer<Body> {
  status: number;
  body: Body;
}

/**
 * The workflow service and a stage of sample tools in one process, on a real embedded database, bus and store. Every answer is held against
 * the OpenAPI document.
 */
export class Harness {
  private app!: INestApplication;
  private server!: Server;
  private database!: PgliteDatabase;
  private answers!: AnswerCheck;
  bus!: MemoryBus;
  store!: DirectoryStore;
  metrics!: ProcessMetrics;

  private constructor(readonly folder: string) {}

  /** @param folder of an earlier harness, to start on what it left */
  static async start(folder?: string): Promise<Harness> {
    const harness = new Harness(folder ?? (await mkdtemp(join(tmpdir(), 'sedge-workflow-'))));
    await harness.open();
    return harness;
  }

  private async open(): Promise<void> {
    this.database = await PgliteDatabase.open({
      dataDirectory: join(this.folder, 'database'),
      templateDirectory: join(tmpdir(), 'sedge-test-templates'),
    });
    this.bus = new MemoryBus({ keepDeadLetter: async (letter) => Promise.reject(new Error(JSON.stringify(letter))) });
    this.store = new DirectoryStore(join(this.folder, 'artifacts'));
    this.metrics = new ProcessMetrics({
      onFailure: (message) => {
        throw new Error(message);
      },
    });
    this.app = await NestFactory.create<NestExpressApplication>(this.rootModule(), {
      logger: ['error', 'warn'],
      abortOnError: false,
      bodyParser: false,
    });
    (this.app as NestExpressApplication).useBodyParser('json', { limit: '32mb' });
    this.app.useGlobalPipes(requestValidation());
    this.app.useGlobalFilters(new ErrorFilter());
    await this.app.init();
    this.answers = new AnswerCheck(apiDocument(this.app));
    this.server = createServer(this.app.getHttpAdapter().getInstance() as never);
    await rm(this.socketPath, { force: true });
    await new Promise<void>((resolve) => this.server.listen(this.socketPath, resolve));
    await until(async () => (await this.get<{ tools: unknown[] }>('/v1/tools')).body.tools.length === 2);
  }

  get socketPath(): string {
    return join(this.folder, 'sedge.sock');
  }

  private rootModule(): Type {
    const host: Host = {
      dataDirectory: this.folder,
      toolDirectories: [],
      border: { folders: null, closed: [], hosts: null },
      worker: `test-${Math.random()}`,
      isAlone: true,
      teams: {},
      authorization: () => ({}),
      serviceUrl: null,
      leaseS: 30,
      machine: describeMachine({ cores: 2, memoryMb: null }),
      url: null,
    };
    const providers = [
      { provide: DATABASE, useValue: this.database },
      { provide: EVENT_BUS, useValue: this.bus },
      { provide: ARTIFACT_STORE, useValue: this.store },
      { provide: TOOL_RUNNERS, useValue: [] },
      { provide: HOST, useValue: host },
      { provide: PROCESS_METRICS, useValue: this.metrics },
      { provide: TRACING, useValue: NO_TRACING },
    ];
    class Platform {}
    Module({})(Platform);
    const platform = { module: Platform, global: true, providers, exports: providers.map(({ provide }) => provide) };
    const samples = StageModule.forRoot({ stage: 'samples', builtinTools: new URL('./tools/', import.meta.url) });
    class Root {}
    Module({ imports: [platform, samples, WorkflowModule] })(Root);
    return Root;
  }

  service<Service>(type: Type<Service>): Service {
    return this.app.get(type, { strict: false });
  }

  /** Ends it as a shutdown does. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.app.close();
    await this.bus.close();
    await this.database.close();
  }

  /** Ends it and removes its folder. */
  async end(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  async restart(): Promise<Harness> {
    await this.stop();
    return Harness.start(this.folder);
  }

  get<Body>(path: string): Promise<Answer<Body>> {
    return this.request<Body>('GET', path);
  }

  post<Body>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer<Body>> {
    return this.request<Body>('POST', path, body, headers);
  }

  delete<Body>(path: string): Promise<Answer<Body>> {
    return this.request<Body>('DELETE', path);
  }

  /** Uploads JSON as a source, without completing it. @returns the id of the upload */
  async upload(content: object): Promise<string> {
    const sizeBytes = JSON.stringify(content).length;
    const metadata = { name: 'source', format: 'file', sizeBytes };
    const files = [{ path: 'source', sizeBytes }];
    const { body } = await this.post<{ id: string }>('/v1/uploads', { kind: 'source', metadata, files });
    const headers = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
    const sent = await this.request('PATCH', `/v1/uploads/${body.id}/files/source`, content, headers);
    if (sent.status !== 204) throw new Error(JSON.stringify(sent.body));
    return body.id;
  }

  private async request<Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const { request } = await import('node:http');
    return new Promise((resolve, reject) => {
      const sent = request(
        { socketPath: this.socketPath, path, method, headers: { 'content-type': 'application/json', ...headers } },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('end', () => {
            const contentType = response.headers['content-type'] ?? null;
            const status = response.statusCode ?? 0;
            const mistakes = this.answers.mistakesIn({ method, path, status, contentType, text });
            if (mistakes.length > 0) return reject(new Error(mistakes.join('\n')));
            const isJson = (response.headers['content-type'] ?? '').includes('application/json');
            resolve({ status: response.statusCode ?? 0, body: (isJson ? JSON.parse(text) : text) as Body });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async start(workflow: string, more: object = {}): Promise<string> {
    const answer = await this.post<RunView>('/v1/runs', { workflow, baseDirectory: this.folder, ...more });
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body, null, 1));
    return answer.body.id;
  }

  show(run: string): Promise<RunView> {
    return this.get<RunView>(`/v1/runs/${run}`).then(({ body }) => body);
  }

  /** Waits until a run has ended. */
  async ended(run: string, timeoutMs = 600_000): Promise<RunView> {
    const row = await this.service(RunQueries).ended(run, timeoutMs);
    if (row === null) throw new Error(`run ${run} did not end in time`);
    return this.show(run);
  }

  async run(workflow: string, more: object = {}): Promise<RunView> {
    return this.ended(await this.start(workflow, more));
  }

  /** Waits until an item of a run is as wanted. */
  async item(run: string, name: string, isWanted: (item: ItemView) => boolean): Promise<ItemView> {
    await until(async () => isWanted(itemNamed(await this.show(run), name)));
    return itemNamed(await this.show(run), name);
  }
}

export function itemNamed(run: RunView, name: string): ItemView {
  const found = run.items.find((item) => item.name === name);
  if (!found) throw new Error(`no item ${name} among ${run.items.map((item) => item.name).join(', ')}`);
  return found;
}

/** `name: state` of each item, for short comparisons. */
export function statesOf(run: RunView): Record<string, string> {
  return Object.fromEntries(run.items.map((item) => [item.name, item.state]));
}

export async function until(condition: () => Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
