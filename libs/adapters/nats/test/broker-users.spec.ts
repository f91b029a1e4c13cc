import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createCloudEvent, type CloudEvent, type Party } from '@sedge/event-contracts';
import { NatsServer, missingServer } from '@sedge/local-servers';
import { DeadLetterError, type KeptLetter } from '@sedge/ports';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inboxOf } from '../src/broker-users.js';
import { NatsBus, OPERATOR, authorizationConfig, brokerUsers, prepareBroker } from '../src/index.js';

const missing = missingServer('nats-server');
const PARTIES: Party[] = [
  { kind: 'workflow' },
  { kind: 'stage', stage: 'training' },
  { kind: 'stage', stage: 'benchmark' },
  { kind: 'worker', stage: 'training', tool: 'judge.value' },
  { kind: 'bystander', name: 'reviewer' },
];
const passwordOf = (user: string): string => `password-of-${user}`;
const REQUESTED = 'sedge.job.requested.training.judge-value';
const EVENTS = 'SEDGE_EVENTS';

const eventOf = (n: number): CloudEvent => {
  const about = { type: 'sedge.job.requested.v1', source: '/services/workflow', subject: 'x' };
  return createCloudEvent({ ...about, data: { n }, time: new Date() });
};

describe.skipIf(missing)(`users of the broker (${missing ?? 'on nats-server'})`, () => {
  let server: NatsServer;
  const buses: NatsBus[] = [];
  const connections: NatsConnection[] = [];
  const troubles: string[] = [];

  const optionsOf = (user: string, password = passwordOf(user)) => ({
    url: server.url.replace('://', `://${user}:${password}@`),
    name: user,
    patienceMs: 5000,
    onTrouble: (message: string) => void troubles.push(message),
  });
  const busOf = async (user: string): Promise<NatsBus> => {
    const bus = await NatsBus.open(optionsOf(user));
    buses.push(bus);
    return bus;
  };
  /** A bare client, for what a service of ours would not try. */
  const clientOf = async (user: string): Promise<NatsConnection> => {
    const credentials = { user, pass: passwordOf(user), inboxPrefix: inboxOf(user) };
    const connection = await connect({ servers: server.url, ...credentials });
    connections.push(connection);
    return connection;
  };
  /** What the broker says to a subscription, at once or never. */
  const refusalOf = async (client: NatsConnection, subject: string): Promise<string | null> => {
    let refusal: string | null = null;
    client.subscribe(subject, { callback: (error) => void (refusal = error?.message ?? refusal) });
    await client.flush();
    return refusal;
  };

  beforeAll(async () => {
    server = await NatsServer.start({ configuration: authorizationConfig(brokerUsers(PARTIES, passwordOf)) });
    await expect(NatsBus.open(optionsOf('training'))).rejects.toMatchObject({ code: 'BROKER_UNPREPARED' });
    await prepareBroker(optionsOf(OPERATOR));
  });
  afterEach(async () => {
    await Promise.all(buses.splice(0).map((bus) => bus.close()));
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
    troubles.length = 0;
  });
  afterAll(() => server?.stop());

  it('need no operator when the broker died and came back', async () => {
    await server.process.kill();
    await server.process.start();
    await expect(busOf('training')).resolves.toBeInstanceOf(NatsBus);
  });

  it('are nobody without a password, or with a wrong one, and no error shows it', async () => {
    const nobody = connect({ servers: server.url, maxReconnectAttempts: 0 });
    await expect(nobody).rejects.toThrow(/authorization/i);
    const failure: Error = await NatsBus.open(optionsOf('training', 'hunter2')).then(
      () => new Error('let in'),
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ code: 'BROKER_UNREACHABLE' });
    expect(failure.message).not.toContain('hunter2');
  });

  it.each([
    ['training', 'sedge.job.succeeded.training.fit', 'sedge.job.succeeded.benchmark.fit'],
    ['training', 'sedge.job.requested.training.fit', 'sedge.job.requested.benchmark.fit'],
    ['training', 'sedge.artifact.stored.model', 'sedge.job.cancel-requested.training.fit'],
    ['training', 'sedge.tool.registered.training.fit', 'sedge.tool.registered.benchmark.fit'],
    ['training', 'sedge.dead-letter.training-jobs', 'sedge.dead-letter.workflow-jobs'],
    ['workflow', 'sedge.job.requested.training.fit', 'sedge.job.succeeded.training.fit'],
    ['workflow', 'sedge.artifact.stored.model', 'sedge.tool.registered.training.fit'],
  ])('%s may publish on %s, and on %s it is refused, which it is told', async (user, own, foreign) => {
    const bus = await busOf(user);
    await bus.publish(own, eventOf(1));
    await expect(bus.publish(foreign, eventOf(2))).rejects.toThrow(/permissions violation/i);
    expect(troubles.join()).toContain(foreign);
  });

  it('are told of a refusal also where nobody waits for an answer', async () => {
    const bus = await busOf('training');
    bus.publishTransient('sedge.job.progress.benchmark.fit', eventOf(1));
    await expect.poll(() => troubles.join()).toContain('sedge.job.progress.benchmark.fit');
  });

  it('let a service read its own consumer, and no other, and change nothing that others rely on', async () => {
    const bus = await busOf('training');
    const seen: unknown[] = [];
    const options = { consumer: 'training-jobs', subjects: ['sedge.job.requested.training.*'], concurrency: 1 };
    await bus.subscribe(options, async ({ data }) => void seen.push(data));
    await (await busOf('workflow')).publish('sedge.job.requested.training.fit', eventOf(7));
    await expect.poll(() => seen).toContainEqual({ n: 7 });
    const client = await clientOf('benchmark');
    const manager = await jetstreamManager(client);
    const attempts: [string, () => Promise<unknown>][] = [
      ['take events of another', async () => (await jetstream(client).consumers.get(EVENTS, 'training-jobs')).next()],
      ['change a consumer of another', () => manager.consumers.update(EVENTS, 'training-jobs', { ack_wait: 1e9 })],
      ['remove a consumer', () => manager.consumers.delete(EVENTS, 'benchmark-jobs')],
      ['empty a stream', () => manager.streams.purge(EVENTS)],
      ['change a stream', () => manager.streams.update(EVENTS, { description: 'mine' })],
      ['make a stream', () => manager.streams.add({ name: 'MINE', subjects: ['mine'] })],
      ['read a stream by positions', () => manager.streams.getMessage(EVENTS, { seq: 1 })],
    ];
    for (const [what, attempt] of attempts) await expect(attempt(), what).rejects.toThrow(/permissions violation/i);
    expect(await refusalOf(client, 'sedge.>')).toMatch(/permissions violation/i);
    expect(await refusalOf(client, `${inboxOf('training')}.>`)).toMatch(/permissions violation/i);
    expect(await refusalOf(client, 'sedge.job.queued.benchmark.*')).toBeNull();
  });

  it('let a worker outside take the jobs of its tool and answer them, and nothing else', async () => {
    const [workflow, stage] = [await busOf('workflow'), await busOf('training')];
    await stage.offer('worker-judge-value', REQUESTED);
    await stage.offer('worker-other', 'sedge.job.requested.training.other');
    expect(troubles.join()).toContain('sedge.job.requested.training.other');
    await workflow.publish(REQUESTED, eventOf(3));
    const client = await clientOf('worker-judge-value');
    const consumer = await jetstream(client).consumers.get(EVENTS, 'worker-judge-value');
    const message = (await consumer.next({ expires: 2000 }))!;
    expect(message.json<CloudEvent>().data).toEqual({ n: 3 });
    expect(await message.ackAck()).toBe(true);
    const publish = (subject: string): Promise<unknown> => client.request(subject, '{}', { timeout: 2000 });
    for (const subject of [
      REQUESTED,
      'sedge.job.succeeded.training.judge-value',
      'sedge.artifact.stored.model',
      `$JS.API.CONSUMER.CREATE.${EVENTS}.worker-judge-value`,
      `$JS.API.CONSUMER.MSG.NEXT.${EVENTS}.training-jobs`,
      `$JS.ACK.${EVENTS}.training-jobs.1.1.1.1.1`,
      `$JS.API.STREAM.MSG.GET.${EVENTS}`,
      '$JS.API.STREAM.NAMES',
    ]) {
      await expect(publish(subject), subject).rejects.toThrow(/permissions violation/i);
    }
    expect(await refusalOf(client, 'sedge.job.>')).toMatch(/permissions violation/i);
  });

  it('let a bystander hear of artifacts, and say nothing', async () => {
    const client = await clientOf('bystander-reviewer');
    const heard: string[] = [];
    client.subscribe('sedge.artifact.stored.report', { callback: (_, { subject }) => void heard.push(subject) });
    await client.flush();
    await (await busOf('training')).publish('sedge.artifact.stored.report', eventOf(1));
    await expect.poll(() => heard).toEqual(['sedge.artifact.stored.report']);
    const saying = client.request('sedge.artifact.stored.report', '{}', { timeout: 2000 });
    await expect(saying).rejects.toThrow(/permissions violation/i);
    expect(await refusalOf(client, 'sedge.job.>')).toMatch(/permissions violation/i);
  });

  it('let workflow send a dead letter of a stage again, which comes to the consumer that could not handle it alone', async () => {
    const [workflow, training] = [await busOf('workflow'), await busOf('training')];
    const seen: string[] = [];
    let isWell = false;
    const options = { consumer: 'training-jobs', subjects: ['sedge.job.requested.training.*'], concurrency: 1 };
    await training.subscribe(options, async ({ data }, { subject }) => {
      if ((data as { n: number }).n !== 9) return;
      if (!isWell) throw new DeadLetterError('invalid-data', 'not yet');
      seen.push(subject);
    });
    await workflow.publish('sedge.job.requested.training.fit', eventOf(9));
    const letters = async (): Promise<KeptLetter[]> =>
      (await workflow.deadLetters.list(100)).filter(({ reason }) => reason === 'invalid-data');
    await expect.poll(async () => (await letters()).length).toBe(1);
    const [letter] = await letters();
    expect(letter).toMatchObject({ consumer: 'training-jobs', subject: 'sedge.job.requested.training.fit' });
    isWell = true;
    expect(await workflow.deadLetters.replay(letter!.id)).toBe(true);
    await expect.poll(() => seen).toEqual(['sedge.job.requested.training.fit']);
    expect(await letters()).toEqual([]);
  });
});
