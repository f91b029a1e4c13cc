import { tmpdir } from 'node:os';
import { until, type Item, type Run } from '../../apps/sedge/test/server/sedge-process.js';

export interface JobAnswer {
  state: string;
  attempts: { number: number; worker: string; outcome: string | null }[];
}

/** What tests ask of a running Sedge over HTTP. */
export class ClusterApi {
  constructor(
    readonly url: string,
    private readonly token: string,
  ) {}

  async call(path: string, init?: RequestInit): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${this.token}`, ...(init?.headers as Record<string, string> | undefined) };
    const answer = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(30_000), ...init, headers });
    return { status: answer.status, text: await answer.text() };
  }

  async get<Body>(path: string): Promise<Body> {
    const { status, text } = await this.call(path);
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text) as Body;
  }

  /** @param key the same key gives the same run, however often it is asked for */
  async startRun(workflow: string, key?: string): Promise<string> {
    const body = JSON.stringify({ workflow, baseDirectory: tmpdir() });
    const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) };
    const { status, text } = await this.call('/v1/runs', { method: 'POST', headers, body });
    if (status >= 300) throw new Error(`POST /v1/runs: ${status} ${text}`);
    return (JSON.parse(text) as { id: string }).id;
  }

  show(run: string): Promise<Run> {
    return this.get<Run>(`/v1/runs/${run}`);
  }

  async itemsOf(run: string): Promise<Item[]> {
    return (await this.show(run)).items;
  }

  async ended(run: string, timeoutMs = 240_000): Promise<Run> {
    // Back ends and services may be away for a while: then nobody answers, and the question is asked again.
    await until(async () => (await this.show(run).catch(() => ({ state: 'running' }))).state !== 'running', timeoutMs);
    return this.show(run);
  }

  async hasTools(...names: string[]): Promise<void> {
    await until(async () => {
      const { tools } = await this.get<{ tools: { name: string }[] }>('/v1/tools');
      return names.every((name) => tools.some((tool) => tool.name === name));
    });
  }
}
