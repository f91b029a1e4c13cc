import { digestOfBytes } from '@sedge/artifact-contracts';
import { readSettings, startProcess, type RunningProcess } from '@sedge/composition';
import { createCloudEvent } from '@sedge/event-contracts';
import { EVENT_BUS, type EventBus } from '@sedge/ports';
import { AnswerCheck, type AnswerDocument } from '@sedge/test-kit';
import { TrainingModule } from '@sedge/training';
import { WorkflowModule } from '@sedge/workflow';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SAMPLE_TOOLS, makeFolder, until, type Run } from './sedge-process.js';

type Json = Record<string, unknown>;

interface Answer {
  status: number;
  body: Json;
  bytes: Buffer;
}

const NOWHERE = digestOfBytes('nowhere');
const NO_UPLOAD = '00000000-0000-4000-8000-000000000000';
const WORKFLOW = `name: judged
steps:
  one: { tool: sum-values, with: { value: 1, pauseMs: 100 } }
  judged: { tool: judge-value, in: { of: $one.report } }
  after: { tool: sum-values, in: { of: $judged.report }, with: { value: 1 } }
`;

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** The service of workflows and a stage with tools and a worker outside, in one process: together they have every route there is. */
describe('what routes answer, by the OpenAPI document that the process publishes', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let running: RunningProcess;
  let document: AnswerDocument;
  let answers: AnswerCheck;

  const hear = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer & { contentType: string | null }> => {
    const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    const answer = await fetch(`${running.url}${path}`, {
      method,
      headers: { ...(isJson && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: (isJson ? JSON.stringify(body) : body) as string }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const contentType = answer.headers.get('content-type');
    const isWhole = answer.status !== 206 && bytes.length > 0;
    const isObject = (contentType ?? '').startsWith('application/json') && isWhole;
    return { status: answer.status, body: isObject ? (JSON.parse(bytes.toString()) as Json) : {}, bytes, contentType };
  };

  /** Asks, and holds the answer against the document. */
  const ask: (...request: Parameters<typeof hear>) => Promise<Answer> = async (...request) => {
    const answer = await hear(...request);
    const [method, path] = request;
    expect(answers.mistakesIn({ method, path, ...answer, text: answer.bytes.toString() })).toEqual([]);
    return answer;
  };
  const well: typeof ask = async (...request) => {
    const answer = await ask(...request);
    expect(answer.status, `${request[0]} ${request[1]}: ${answer.bytes.toString()}`).toBeLessThan(400);
    return answer;
  };

  beforeAll(async () => {
    folder = await makeFolder();
    const settings = readSettings({ SEDGE_HOME: folder.path, SEDGE_PORT: '0', SEDGE_TOOLS_DIR: SAMPLE_TOOLS });
    running = await startProcess({ modules: [TrainingModule, WorkflowModule], settings, log: () => undefined });
    document = (await (await fetch(`${running.url}/v1/openapi.json`)).json()) as AnswerDocument;
    answers = new AnswerCheck(document);
    const isKnown = async (tool: string): Promise<boolean> => (await ask('GET', `/v1/tools/${tool}`)).status === 200;
    await until(async () => (await isKnown('sum-values')) && isKnown('judge-value'));
    const schema = { type: 'object', properties: { metrics: { type: 'object' } }, required: ['metrics'] };
    await well('POST', '/v1/kinds', { name: 'report.sample', version: 1, schema });
  });
  afterAll(async () => {
    await running?.close();
    await folder?.remove();
  });

  const announce = async (text: string, derivedFrom: string[] = []): Promise<string> => {
    const files = [{ path: 'report.json', sizeBytes: text.length }];
    const wanted = { kind: 'report.sample', metadata: { metrics: { value: text.length } }, files, derivedFrom };
    return String((await well('POST', '/v1/uploads', wanted)).body['id']);
  };
  const CHUNK = { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' };
  const upload = async (text: string, derivedFrom: string[] = []): Promise<string> => {
    const id = await announce(text, derivedFrom);
    await well('PATCH', `/v1/uploads/${id}/files/report.json`, text, CHUNK);
    return String((await well('POST', `/v1/uploads/${id}/complete`)).body['id']);
  };

  const show = async (run: string): Promise<Run> => (await well('GET', `/v1/runs/${run}`)).body as unknown as Run;
  const jobOf = async (run: string, name: string, state: string): Promise<string> => {
    const item = async (): Promise<Run['items'][number]> =>
      (await show(run)).items.find((candidate) => candidate.name === name)!;
    await until(async () => (await item()).state === state);
    return (await item()).job!;
  };
  const begin = async (workflow: string): Promise<string> =>
    String((await well('POST', '/v1/runs', { workflow, baseDirectory: folder.path })).body['id']);
  const ended = (run: string): Promise<void> => until(async () => (await show(run)).state !== 'running');
  const claim = async (job: string): Promise<Json> => {
    let given: Json = {};
    await until(async () => {
      const answer = await ask('POST', `/v1/jobs/${job}/claim`, { worker: 'judge' });
      given = answer.body;
      return answer.status === 200;
    });
    return { attempt: given['attempt'], token: given['token'] };
  };

  it('of artifacts, kinds, uploads and the garbage', async () => {
    for (const path of ['/v1/kinds', '/v1/kinds/source', '/v1/kinds/report.sample']) await well('GET', path);
    const first = await upload('{"value": 1}');
    const second = await upload('{"value": 12}', [first]);
    const open = await announce('{"value": 123}');
    await well('GET', `/v1/uploads/${open}`);
    await well('DELETE', `/v1/uploads/${open}`);
    for (const path of ['', '?limit=1', `?derivedFrom=${first}`]) await well('GET', `/v1/artifacts${path}`);
    for (const path of ['', '/lineage', '/lineage?direction=up']) await well('GET', `/v1/artifacts/${second}${path}`);
    const file = `/v1/artifacts/${second}/files/report.json`;
    expect((await well('GET', file, undefined, { range: 'bytes=0-3' })).status).toBe(206);
    const known = { 'if-none-match': `"${digestOfBytes('{"value": 12}')}"` };
    expect((await well('GET', file, undefined, known)).status).toBe(304);
    const archive = (await well('GET', `/v1/artifacts/${second}/export`)).bytes;
    await well('POST', '/v1/artifacts/import', archive, { 'content-type': 'application/x-tar' });
    await well('PUT', `/v1/artifacts/${second}/pin`, { note: 'wanted' });
    await well('GET', `/v1/artifacts/${second}`);
    await well('DELETE', `/v1/artifacts/${second}/pin`);
    await well('DELETE', `/v1/artifacts/${second}`);
    for (const dryRun of [true, false]) await well('POST', '/v1/gc', { dryRun });
  });

  it('of workflows, runs, jobs and tools, to whoever runs and to a worker outside', async () => {
    const request = { workflow: WORKFLOW, baseDirectory: folder.path };
    for (const path of ['/v1/workflows/check', '/v1/plans']) await well('POST', path, request);
    await well('POST', '/v1/workflows/check', { workflow: 'name: none\nsteps: { one: { tool: nothing } }' });
    const run = await begin(WORKFLOW);
    const events = well('GET', `/v1/runs/${run}/events`);
    const job = await jobOf(run, 'judged', 'requested');
    let fence = await claim(job);
    const progress = { done: 1, total: 2, unit: 'opinion' };
    await well('POST', `/v1/jobs/${job}/heartbeat`, { ...fence, progress });
    const failure = { class: 'transient', code: 'JUDGE_AWAY', message: 'away' };
    await well('POST', `/v1/jobs/${job}/fail`, { ...fence, ...failure });
    fence = await claim(job);
    const outputs = { report: await upload('{"value": 7}') };
    await well('POST', `/v1/jobs/${job}/complete`, { ...fence, outputs, durationMs: 5 });
    await events;
    await ended(run);
    const one = await jobOf(run, 'one', 'succeeded');
    for (const path of [`/v1/jobs/${one}`, `/v1/jobs/${one}/logs`, `/v1/jobs/${job}`]) await well('GET', path);
    for (const path of ['/why', '/logs?step=one', '/events']) await well('GET', `/v1/runs/${run}${path}`);
    await well('POST', '/v1/plans', request);
    const other = await begin(WORKFLOW.replace('value: 1, pauseMs: 100', 'value: 2'));
    await jobOf(other, 'judged', 'requested');
    await well('POST', `/v1/runs/${other}/cancel`);
    await ended(other);
    await well('POST', `/v1/runs/${other}/retry`);
    await well('POST', `/v1/runs/${other}/cancel`);
    for (const path of ['/v1/runs', '/v1/runs?limit=1', '/v1/tools', '/v1/tools/sum-values', '/v1/stages'])
      await well('GET', path);
    await well('GET', '/v1/stages/tools');
    for (const tool of ['sum-values', 'judge-value']) await well('POST', `/v1/stages/tools/${tool}/test`);
    await well('POST', '/v1/stages/tools/sum-values/prepare');
  });

  it('of the process and its dead letters', async () => {
    for (const path of ['health/live', 'health/ready', 'metrics']) await well('GET', `/v1/${path}`);
    const bus = running.app.get<EventBus>(EVENT_BUS, { strict: false });
    const letters = async (): Promise<{ id: string }[]> =>
      (await well('GET', '/v1/dead-letters')).body['letters'] as { id: string }[];
    const type = 'sedge.job.requested.v9';
    const later = createCloudEvent({ type, source: '/services/later', subject: 'x', data: {}, time: new Date() });
    await bus.publish('sedge.job.requested.training.sum-values', later);
    await until(async () => (await letters()).length === 1);
    const [{ id } = { id: '' }] = await letters();
    await well('GET', `/v1/dead-letters/${id}`);
    await well('POST', `/v1/dead-letters/${id}/replay`);
    await until(async () => (await letters()).some((letter) => letter.id !== id));
    for (const letter of await letters()) await well('DELETE', `/v1/dead-letters/${letter.id}`);
  });

  it('to who asks for what is not there, or wrongly', async () => {
    const artifact = await upload('{"value": 1}');
    const file = `/v1/artifacts/${artifact}/files/report.json`;
    const json = { 'content-type': 'application/json' };
    const fence = { attempt: 1, token: 'none' };
    const run = await begin('name: short\nsteps: { one: { tool: sum-values, with: { value: 3 } } }');
    await ended(run);
    const job = await jobOf(run, 'one', 'succeeded');
    const refused: [number, ...Parameters<typeof hear>][] = [
      [400, 'GET', '/v1/artifacts/none'],
      [404, 'GET', `/v1/artifacts/${NOWHERE}`],
      [404, 'GET', `/v1/artifacts/${NOWHERE}/lineage`],
      [404, 'GET', `/v1/artifacts/${NOWHERE}/export`],
      [404, 'PUT', `/v1/artifacts/${NOWHERE}/pin`, {}],
      [404, 'DELETE', `/v1/artifacts/${NOWHERE}`],
      [404, 'GET', `/v1/artifacts/${artifact}/files/nothing`],
      [416, 'GET', file, undefined, { range: 'bytes=1000-' }],
      [400, 'GET', '/v1/artifacts?cursor=x'],
      [400, 'GET', '/v1/artifacts?limit=0'],
      [422, 'POST', '/v1/artifacts/import', 'no archive', { 'content-type': 'application/x-tar' }],
      [404, 'GET', '/v1/kinds/nothing'],
      [422, 'POST', '/v1/kinds', { name: 'source', version: 1, schema: {} }],
      [409, 'POST', '/v1/kinds', { name: 'report.sample', version: 1, schema: {} }],
      [400, 'POST', '/v1/kinds', {}],
      [400, 'POST', '/v1/gc', '{', json],
      [415, 'POST', '/v1/gc', '{}', { ...json, 'content-encoding': 'rot13' }],
      [413, 'POST', '/v1/gc', `"${'x'.repeat(33 << 20)}"`, json],
      [400, 'POST', '/v1/runs', { workflow: 'name: none', file: 'a\0b' }],
      [422, 'POST', '/v1/uploads', { kind: 'nothing', metadata: {}, files: [] }],
      [404, 'GET', `/v1/uploads/${NO_UPLOAD}`],
      [404, 'DELETE', `/v1/uploads/${NO_UPLOAD}`],
      [404, 'POST', `/v1/uploads/${NO_UPLOAD}/complete`],
      [404, 'PATCH', `/v1/uploads/${NO_UPLOAD}/files/a`, 'x', CHUNK],
      [400, 'PATCH', `/v1/uploads/${NO_UPLOAD}/files/a`, 'x', { ...CHUNK, 'upload-offset': 'x' }],
      [422, 'POST', '/v1/uploads', { kind: 'report.sample', metadata: {}, files: [{ path: 'a\nb', sizeBytes: 1 }] }],
      ...['text/plain', 'application/xml', 'application/x-www-form-urlencoded'].map(
        (type): (typeof refused)[number] => [415, 'POST', '/v1/runs', 'workflow=x', { 'content-type': type }],
      ),
      [422, 'POST', '/v1/runs', { workflow: 'name: none' }],
      [422, 'POST', '/v1/plans', { workflow: 'name: none' }],
      [400, 'GET', '/v1/runs?cursor=x'],
      ...['', '/why', '/events', '/logs?step=one'].map((path): [number, string, string] => [
        404,
        'GET',
        `/v1/runs/none${path}`,
      ]),
      [404, 'GET', `/v1/runs/${run}/logs?step=two`],
      [404, 'GET', `/v1/runs/${run}/logs?step=one&attempt=9`],
      [404, 'POST', '/v1/runs/none/cancel'],
      [404, 'POST', '/v1/runs/none/retry'],
      [409, 'POST', `/v1/runs/${run}/retry`],
      [404, 'GET', '/v1/tools/nothing'],
      [404, 'POST', '/v1/stages/tools/nothing/test'],
      [404, 'POST', '/v1/stages/tools/nothing/prepare'],
      [400, 'GET', '/v1/jobs/none'],
      [404, 'GET', `/v1/jobs/${NOWHERE}`],
      [404, 'GET', `/v1/jobs/${job}/logs?attempt=9`],
      [404, 'POST', `/v1/jobs/${NOWHERE}/claim`, { worker: 'w' }],
      [409, 'POST', `/v1/jobs/${job}/claim`, { worker: 'w' }],
      [409, 'POST', `/v1/jobs/${job}/claim`, { worker: 'w', tool: NOWHERE }],
      [409, 'POST', `/v1/jobs/${job}/heartbeat`, fence],
      [422, 'POST', `/v1/jobs/${job}/complete`, { ...fence, outputs: {}, durationMs: 1 }],
      [409, 'POST', `/v1/jobs/${job}/fail`, { ...fence, class: 'permanent', code: 'X', message: 'x' }],
      // Numbers that no column holds.
      [400, 'POST', '/v1/kinds', { name: 'report.large', version: 3_000_000_000, schema: {} }],
      [400, 'POST', '/v1/uploads', { kind: 'report.sample', kindVersion: 1e30, metadata: {}, files: [] }],
      [400, 'POST', '/v1/uploads', { kind: 'report.sample', metadata: {}, files: [{ path: 'a', sizeBytes: 1e30 }] }],
      [400, 'GET', `/v1/runs/${run}/logs?step=one&attempt=3000000000`],
      [400, 'GET', `/v1/jobs/${job}/logs?attempt=3000000000`],
      [400, 'POST', `/v1/jobs/${job}/heartbeat`, { ...fence, attempt: 1e30 }],
      [400, 'POST', `/v1/jobs/${job}/heartbeat`, { ...fence, progress: { done: -1, total: 1, unit: 'steps' } }],
      [400, 'POST', `/v1/jobs/${job}/complete`, { ...fence, outputs: {}, durationMs: 1e300 }],
      [400, 'POST', `/v1/jobs/${job}/fail`, { ...fence, class: 'permanent', code: 'out of it', message: 'x' }],
      [400, 'POST', `/v1/jobs/${job}/fail`, { ...fence, class: 'permanent', code: 'X', message: '' }],
      [404, 'GET', '/v1/dead-letters/9999'],
      [404, 'DELETE', '/v1/dead-letters/9999'],
      [404, 'POST', '/v1/dead-letters/9999/replay'],
      [403, 'GET', '/v1/runs', undefined, { origin: 'https://evil.example' }],
    ];
    for (const [status, ...request] of refused) {
      const answer = await ask(...request);
      expect([answer.status, request[0], request[1]], answer.bytes.toString()).toEqual([
        status,
        request[0],
        request[1],
      ]);
    }
    const outputs = { report: NOWHERE };
    const { body } = await ask('POST', `/v1/jobs/${job}/complete`, { ...fence, outputs, durationMs: 1 });
    expect(body['message']).toBe(`output 'report': the artifact ${NOWHERE} is not in the store, or not whole`);
  });

  it('saying what is wrong, and nothing of how the process is made', async () => {
    const told = async (...request: Parameters<typeof hear>): Promise<string> => {
      const { body } = await ask(...request);
      return String(body['message']);
    };
    expect(await told('POST', '/v1/runs', 'workflow=x', { 'content-type': 'text/plain' })).toBe(
      "the body is of the type 'text/plain'; this address takes application/json",
    );
    expect(await told('PATCH', `/v1/uploads/${NO_UPLOAD}/files/a`, 'x', { 'content-type': 'application/x' })).toBe(
      "the header Upload-Offset is missing: it says at which byte of 'a' the chunk begins",
    );
    expect(await told('POST', '/v1/kinds', { name: 'report.large', version: 3_000_000_000, schema: {} })).toBe(
      'version must not be greater than 2147483647',
    );
    const answer = await fetch(`${running.url}/v1/runs`);
    expect(answer.headers.get('x-powered-by')).toBeNull();
  });

  it('each at least once, so that none is documented and never looked at', () => {
    expect(answers.silent()).toEqual([]);
  });

  it('which a document that says anything else is told apart from', async () => {
    const { components } = document as { components: { schemas: Record<string, { properties: Json }> } };
    const plant = (change: (schemas: typeof components.schemas) => void): AnswerCheck => {
      const other = structuredClone(document) as typeof document & { components: typeof components };
      change(other.components.schemas);
      return new AnswerCheck(other);
    };
    const runs = await hear('GET', '/v1/runs');
    const mistakesBy = (check: AnswerCheck): number =>
      check.mistakesIn({ method: 'GET', path: '/v1/runs', ...runs, text: runs.bytes.toString() }).length;
    expect(mistakesBy(plant(() => undefined))).toBe(0);
    expect(mistakesBy(plant(({ RunSummary }) => delete RunSummary!.properties['durationMs']))).toBeGreaterThan(0);
    expect(mistakesBy(plant(({ RunPage }) => (RunPage!.properties['runs'] = { type: 'string' })))).toBeGreaterThan(0);
    expect(mistakesBy(plant(({ RunSummary }) => (RunSummary!.properties['state'] = { const: 'x' })))).toBeGreaterThan(
      0,
    );
  });
});
