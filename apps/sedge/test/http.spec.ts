import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox } from './sandbox.js';

const SAMPLE_STEP = fileURLToPath(new URL('./tools/training/sample-step/tool.yaml', import.meta.url));
const PATIENT = { timeout: 300_000 };
const WORKFLOW = `name: by-http
inputs:
  source: { from: ./data.txt }
parameters: { wanted: '' }
steps:
  first: { tool: sample-step, in: { source: $inputs.source } }
  second: { tool: sample-step, in: { of: $first.report }, with: { failUnless: $parameters.wanted } }
`;

type Json = Record<string, unknown> & { id: string };

/** All that the commands do, by a plain HTTP client: no code of the CLI is used but `sedge up`. */
describe('a plain HTTP client', PATIENT, () => {
  let sandbox: Sandbox;
  let run: string;
  let report: string;

  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> => {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const answer = await fetch(`${sandbox.url}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as Json };
  };
  const request = (more: object = {}): object => ({ workflow: WORKFLOW, baseDirectory: sandbox.folder, ...more });

  /** The events of a run, as names and data, until the server ends the stream. */
  const follow = async (id: string): Promise<{ name: string; data: Json }[]> => {
    const text = await (await fetch(`${sandbox.url}/v1/runs/${id}/events`)).text();
    return text
      .split('\n\n')
      .map((block) => ({ name: /^event: (.*)$/m.exec(block)?.[1], data: /^data: (.*)$/m.exec(block)?.[1] }))
      .filter((event): event is { name: string; data: string } => event.name !== undefined && event.data !== undefined)
      .map(({ name, data }) => ({ name, data: JSON.parse(data) as Json }));
  };

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.file('data.txt', 'recordings');
    await mkdir(sandbox.path('tools/training/mine'), { recursive: true });
    await copyFile(SAMPLE_STEP, sandbox.path('tools/training/mine/tool.yaml'));
    await sandbox.up();
  }, PATIENT.timeout);
  afterAll(() => sandbox.remove());

  /** The status and body of `GET /v1/runs` with headers that a browser would send. */
  const asBrowser = (headers: Record<string, string>, path = '/v1/runs'): Promise<{ status: number; body: Json }> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${sandbox.url}${path}`, { headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode!, body: JSON.parse(text) as Json }));
      });
      sent.on('error', reject).end();
    });

  it('is answered under names of this machine alone, and not on behalf of a foreign web page', async () => {
    const { port } = new URL(sandbox.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, '[::1]', 'LOCALHOST']) {
      expect((await asBrowser({ host })).status, host).toBe(200);
      expect((await asBrowser({ host, origin: `http://${host}` })).status, host).toBe(200);
    }
    const foreign = [
      'evil.example',
      `evil.example:${port}`,
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '[::2]',
    ];
    for (const host of foreign) {
      const { status, body } = await asBrowser({ host });
      expect([status, body['code'], typeof body['mend']], host).toEqual([403, 'HTTP_ORIGIN_REFUSED', 'string']);
    }
    for (const origin of [
      'https://evil.example',
      'null',
      `http://localhost.evil.example:${port}`,
      'http://localhost:1',
    ]) {
      const { status, body } = await asBrowser({ host: `localhost:${port}`, origin }, '/v1/runs');
      expect([status, body['code']], origin).toEqual([403, 'HTTP_ORIGIN_REFUSED']);
    }
  });

  it('is told that a text with a NUL character is its mistake', async () => {
    for (const path of [
      '/v1/runs/%00',
      '/v1/kinds/a%00',
      '/v1/artifacts?kind=%00',
      '/v1/runs/a/logs?step=%00',
      '/v1/artifacts/%00',
      '/v1/tools/%00',
    ]) {
      const { status, body } = await call('GET', path);
      expect([status, body['code'], typeof body['mend']], path).toEqual([400, 'HTTP_REQUEST_INVALID', 'string']);
    }
    const raw = 'name: a\nsteps:\n  first: { tool: sample-step, with: { failUnless: "x\0y" } }\n';
    const escaped = raw.replace('\0', '\\0');
    for (const workflow of [raw, escaped, 'name: "a\\0"\nsteps: {}\n']) {
      const answer = await call('POST', '/v1/runs', request({ workflow }));
      expect([answer.status, answer.body['code']]).toEqual([422, 'WORKFLOW_INVALID']);
      const checked = await call('POST', '/v1/workflows/check', request({ workflow }));
      const place = workflow.startsWith('name: "') ? { line: 1, column: 7 } : { line: 3 };
      expect(checked.body).toMatchObject({ ok: false, mistakes: [{ message: expect.stringContaining('NUL'), place }] });
    }
    const set = await call('POST', '/v1/runs', request({ set: { wanted: 'a\0' } }));
    expect([set.status, set.body['message']]).toEqual([400, expect.stringContaining('set.wanted')]);
    const deep = JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) as unknown;
    expect((await call('POST', '/v1/runs', request({ set: { wanted: deep } }))).status).toBe(400);
  });

  it('checks and plans a workflow', async () => {
    const bad = await call('POST', '/v1/workflows/check', request({ workflow: 'name: x\nsteps: {}\n' }));
    expect(bad.body).toMatchObject({ ok: false, mistakes: [{ place: { line: 2 } }] });
    const plan = await call('POST', '/v1/plans', request());
    expect(plan.body).toMatchObject({ counts: { run: 1, unknown: 1 } });
  });

  it('runs it, follows its events, and reads what came of it', async () => {
    const started = await call('POST', '/v1/runs', request({ set: { wanted: sandbox.path('absent') } }));
    expect(started.status).toBe(201);
    run = started.body.id;
    const events = await follow(run);
    expect(events.at(-1)).toEqual({ name: 'end', data: { state: 'failed', failure: null } });
    expect(events.filter(({ name, data }) => name === 'item' && data['state'] === 'succeeded')).toHaveLength(2);
    expect(events.some(({ name }) => name === 'progress')).toBe(true);
    const log = await (await fetch(`${sandbox.url}/v1/runs/${run}/logs?step=second`)).text();
    expect(log).toContain('SAMPLE_FAILED');
  });

  it('retries it once the cause is mended, says why, cancels what has ended without effect', async () => {
    await sandbox.file('absent', '');
    expect((await call('POST', `/v1/runs/${run}/retry`)).status).toBe(200);
    expect((await follow(run)).at(-1)!.data['state']).toBe('succeeded');
    const why = await call('GET', `/v1/runs/${run}/why`);
    expect((why.body['items'] as Json[]).map((item) => item['name'])).toEqual(['inputs.source', 'first', 'second']);
    expect((await call('POST', `/v1/runs/${run}/cancel`)).body['state']).toBe('succeeded');
    expect(((await call('GET', '/v1/runs')).body['runs'] as Json[])[0]!.id).toBe(run);
  });

  it('lists and reads artifacts, in part where asked, with their lineage', async () => {
    const { items } = (await call('GET', '/v1/artifacts?kind=report.training')).body as unknown as { items: Json[] };
    report = items[0]!.id;
    expect((await call('GET', `/v1/artifacts/${report}`)).body).toMatchObject({ files: [{ path: 'report.json' }] });
    const part = await fetch(`${sandbox.url}/v1/artifacts/${report}/files/report.json`, {
      headers: { range: 'bytes=1-7' },
    });
    expect([part.status, await part.text()]).toEqual([206, '"value"']);
    const lineage = await call('GET', `/v1/artifacts/${report}/lineage?direction=up`);
    expect(lineage.body['edges']).toHaveLength(2);
  });

  it('exports, imports, pins, unpins, removes and collects', async () => {
    const archive = await (await fetch(`${sandbox.url}/v1/artifacts/${report}/export`)).arrayBuffer();
    const imported = await fetch(`${sandbox.url}/v1/artifacts/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-tar' },
      body: archive,
    });
    expect(((await imported.json()) as { artifacts: string[] }).artifacts).toContain(report);
    expect((await call('PUT', `/v1/artifacts/${report}/pin`, { note: 'kept' })).status).toBe(204);
    expect((await call('DELETE', `/v1/artifacts/${report}`)).body['code']).toBe('ARTIFACT_PINNED');
    expect((await call('DELETE', `/v1/artifacts/${report}/pin`)).status).toBe(204);
    expect((await call('POST', '/v1/gc', { dryRun: true })).body).toMatchObject({ dryRun: true, artifacts: [] });
  });

  it('uploads an artifact of its own in chunks, derived from another', async () => {
    const text = '{"metrics":{"value":7}}';
    const announced = { kind: 'report.training', metadata: { metrics: { value: 7 } }, derivedFrom: [report] };
    const files = [{ path: 'report.json', sizeBytes: text.length }];
    const upload = (await call('POST', '/v1/uploads', { ...announced, files })).body.id;
    for (const [offset, chunk] of [
      [0, text.slice(0, 9)],
      [9, text.slice(9)],
    ] as const) {
      const sent = await fetch(`${sandbox.url}/v1/uploads/${upload}/files/report.json`, {
        method: 'PATCH',
        headers: { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' },
        body: chunk,
      });
      expect(sent.status).toBe(204);
    }
    const { id } = (await call('POST', `/v1/uploads/${upload}/complete`)).body;
    const read = await (await fetch(`${sandbox.url}/v1/artifacts/${id}/files/report.json`)).text();
    expect(read).toBe(text);
    expect((await call('DELETE', `/v1/artifacts/${id}`)).status).toBe(204);
  });

  it('lists, shows, tests and prepares tools', async () => {
    const { tools } = (await call('GET', '/v1/tools')).body as unknown as { tools: Json[] };
    expect(tools.map((tool) => tool['name'])).toContain('sample-step');
    expect((await call('GET', '/v1/tools/sample-stp')).body['mend']).toContain("did you mean 'sample-step'?");
    expect((await call('POST', '/v1/stages/tools/sample-step/test')).body).toMatchObject({ refused: null });
    const prepared = await fetch(`${sandbox.url}/v1/stages/tools/sample-step/prepare`, { method: 'POST' });
    expect(await prepared.text()).toContain('"status":"succeeded"');
  });

  it('shows a tool that has the name and version of another, with both places, and does not offer it', async () => {
    const { refused } = (await call('GET', '/v1/stages')).body as unknown as { refused: Json[] };
    const message = `there is a sample-step@1 already: ${SAMPLE_STEP}`;
    const place = sandbox.path('tools/training/mine/tool.yaml');
    expect(refused).toEqual([
      expect.objectContaining({ name: 'sample-step', code: 'TOOL_NAME_TAKEN', message, place }),
    ]);
  });

  it('deploys a model file: a workflow of two steps that `sedge deploy` writes as well', async () => {
    const workflow = await readFile(new URL('./deploy-by-http.yml', import.meta.url), 'utf8');
    const checked = await call('POST', '/v1/workflows/check', request({ workflow }));
    expect(checked.body).toMatchObject({ ok: true, workflow: { steps: [{}, { tool: 'deploy-lne@1' }, {}] } });
  });
});
