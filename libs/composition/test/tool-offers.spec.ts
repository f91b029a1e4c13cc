import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '@sedge/artifact-contracts';
import { jetstream, jetstreamManager, type Consumer, type JsMsg } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { checkEvent, workerConsumer } from '@sedge/event-contracts';
import { NatsServer, missingServer } from '@sedge/local-servers';
import { StageDirectory, type Transactions } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

const missing = missingServer('nats-server');
const EVENTS = 'SEDGE_EVENTS';
const TOOL = `name: judge-note
version: '1'
stage: sample
summary: Somebody outside judges a note.
inputs: {}
outputs: { note: { kind: note } }
parameters: { type: object, additionalProperties: false, properties: { text: { type: string, default: '' } } }
resources: { cpu: 1, memoryMb: 64 }
reproducibility: { level: none }
runtime: { kind: external }
`;

describe.skipIf(missing)(`jobs that only workers outside do (${missing ?? 'on nats-server'})`, () => {
  let folder: Awaited<ReturnType<typeof makeDataDirectory>>;
  let server: NatsServer;
  let started: Started;
  let connection: NatsConnection;
  let consumer: Consumer;

  beforeAll(async () => {
    folder = await makeDataDirectory();
    const tool = join(folder.path, 'tools', 'sample', 'judge-note');
    await mkdir(tool, { recursive: true });
    await writeFile(join(tool, 'tool.yaml'), TOOL);
    server = await NatsServer.start();
    started = await start(join(folder.path, 'home'), {
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: server.url,
      SEDGE_TOOLS_DIR: join(folder.path, 'tools'),
    });
    connection = await connect({ servers: server.url });
    consumer = await jetstream(connection).consumers.get(EVENTS, workerConsumer('judge-note'));
  });
  afterAll(async () => {
    await connection?.close();
    await started?.process.close();
    await server?.stop();
    await folder.remove();
  });

  const desk = () => started.process.app.get(StageDirectory, { strict: false }).all()[0]!;
  const stateOf = async (job: Digest): Promise<string> => (await desk().jobs.find(job))!.state;
  const leave = async (job: Digest): Promise<void> => {
    await started.client.leave(job, 'judge-note');
    await expect.poll(() => stateOf(job)).toBe('cancelled');
  };
  /** As if all jobs had waited for minutes already. */
  const age = async (): Promise<void> => {
    const { transactions } = desk().jobs as unknown as { transactions: Transactions };
    await transactions.query(`UPDATE job SET due_at = due_at - interval '6 min'`);
  };
  const next = async (): Promise<JsMsg | null> => consumer.next({ expires: 1000 });

  it('are offered once more, and once only, when the broker lost their requests', async () => {
    const job = await started.client.ask({ tool: 'judge-note', parameters: { text: 'lost' } });
    await expect.poll(() => desk().jobs.find(job)).not.toBeNull();
    await (await jetstreamManager(connection)).streams.purge(EVENTS);
    await desk().tools.refresh();
    expect(await next()).toBeNull();
    await age();
    // As copies of the stage that look at the same time.
    for (let copy = 0; copy < 3; copy++) await desk().tools.refresh();
    const message = (await next())!;
    const check = checkEvent(message.json());
    expect(check).toMatchObject({
      ok: true,
      event: { subject: job, data: { job, run: 'run-1', parameters: { text: 'lost' } } },
    });
    await message.ackAck();
    await desk().tools.refresh();
    expect(await next()).toBeNull();
    expect(await stateOf(job)).toBe('queued');
    await leave(job);
  });

  it('are not, while a worker has yet to take or to answer one, or when nobody waits for them', async () => {
    const job = await started.client.ask({ tool: 'judge-note', parameters: { text: 'kept' } });
    const message = (await next())!;
    await expect.poll(() => desk().jobs.find(job)).not.toBeNull();
    await age();
    await desk().tools.refresh();
    expect(await next()).toBeNull();
    await message.ackAck();
    await leave(job);
    await desk().tools.refresh();
    expect(await next()).toBeNull();
    const { body } = await started.get('/v1/dead-letters');
    expect(body).toMatchObject({ letters: [] });
  });
});
