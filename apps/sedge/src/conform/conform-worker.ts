import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KINDS, findKind } from '@sedge/artifact-contracts';
import { createCloudEvent, subjectOf } from '@sedge/event-contracts';
import { NatsServer, missingServer } from '@sedge/local-servers';
import type { ToolDefinition } from '@sedge/tool-contracts';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { ArtifactSamples, type ArtifactSample } from './artifact-samples.js';
import { Bench } from './bench.js';
import { conformAt, isFoundation, type ConformRequest, type ConformResult, type Surroundings } from './conform-tool.js';
import { GoldenCases } from './golden-cases.js';
import { StartedProgram } from './started-program.js';
import { playChecks, type Verdict } from './verdict.js';
import { WORKER_CHECKS } from './worker-checks.js';
import { Relay } from './worker/relay.js';
import { WorkerBench } from './worker/worker-bench.js';
import type { GoldenCase } from './workbench.js';

/** Plays all checks at a worker outside: at a NATS server and a stage of the kit's own, which the worker reaches through a relay. */
export async function conformWorker(around: Surroundings, request: ConformRequest): Promise<ConformResult> {
  if (request.start === null) {
    const mend = `say how the worker is started, with the addresses of the trial in braces: --start 'python3 worker.py --nats {nats} --stage {stage} --api {api} --tool {tool}'`;
    throw new CommandError(
      'CONFORM_START_MISSING',
      'the jobs of an external tool are done by a worker',
      EXIT.usage,
      mend,
    );
  }
  return conformAt(await WorkerPlace.open(around, request), around, request);
}

/** The servers of a trial. */
export class WorkerPlace {
  private constructor(
    private readonly nats: NatsServer,
    readonly bench: Bench,
    private readonly relay: Relay,
    private readonly leaseS: number,
  ) {}

  /** @throws CommandError where there is no NATS server on this machine */
  static async open(
    { isVerbose, dataDirectory }: Surroundings,
    { tool, leaseS }: Pick<ConformRequest, 'tool' | 'leaseS'>,
  ): Promise<WorkerPlace> {
    const missing = missingServer('nats-server');
    if (missing !== null)
      throw new CommandError(
        'CONFORM_SERVER_MISSING',
        'a worker outside is tried at a NATS server',
        EXIT.environment,
        missing,
      );
    const nats = await NatsServer.start();
    try {
      const bench = await Bench.open({
        tool,
        isVerbose,
        environmentsDirectory: join(dataDirectory, 'environments'),
        environment: { SEDGE_EVENTS: 'nats', SEDGE_NATS_URL: nats.url, SEDGE_LEASE_S: String(leaseS) },
      });
      return new WorkerPlace(nats, bench, await Relay.start(bench.url), leaseS);
    } catch (error) {
      await nats.stop();
      throw error;
    }
  }

  /** Starts the worker, plays the checks at it, and ends it. */
  async play(
    { signal, api }: Surroundings,
    { cases: written, kinds, limitMs, start, isWanted, tell }: Omit<ConformRequest, 'tool' | 'leaseS'>,
  ): Promise<Verdict[]> {
    const { relay, nats, leaseS } = this;
    const { tool, store, folder, url: stageUrl } = this.bench;
    const { definition } = tool.registered;
    const root = await mkdtemp(join(folder, 'play-'));
    for (const [name, schema] of kindsToRegister(definition, kinds)) await this.register(name, schema);
    const samples = new ArtifactSamples(store, (sample, sizeBytes) => this.announce(sample, sizeBytes));
    const maker = new GoldenCases({ definition, samples, kinds, folder, api, signal });
    const cases: GoldenCase[] = [];
    for (const one of written) cases.push(await maker.make(one));
    const addresses = { nats: nats.url, stage: relay.url, api: relay.url, tool: definition.name };
    const worker = new StartedProgram(withAddresses(start!, addresses));
    const parts = {
      tool,
      store,
      samples,
      kinds,
      root,
      relay,
      worker,
      stageUrl,
      natsUrl: nats.url,
      leaseS,
      limitMs,
      signal,
    };
    const bench = await WorkerBench.open(parts, cases);
    try {
      worker.start();
      const checks = WORKER_CHECKS.filter(({ name }) => isWanted(name));
      return await playChecks(checks, bench, { isHopeless: isFoundation, signal, tell, after: () => bench.restore() });
    } finally {
      await worker.kill();
      await bench.close();
    }
  }

  async close(): Promise<void> {
    await this.relay.close();
    await this.bench.close();
    await this.nats.stop();
  }

  private async register(name: string, schema: object): Promise<void> {
    const body = JSON.stringify({ name, version: 1, schema });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${this.bench.url}/v1/kinds`, { method: 'POST', headers, body });
    if (!answer.ok)
      throw new CommandError(
        'CONFORM_KIND_UNUSABLE',
        `${name}: ${await answer.text()}`,
        EXIT.usage,
        'correct its schema',
      );
  }

  /** Brings an artifact into the index, where uploads look for what they are derived from. */
  private async announce({ id, kind }: ArtifactSample, sizeBytes: number): Promise<void> {
    const type = 'sedge.artifact.stored.v1';
    const data = { artifact: id, kind, kindVersion: findKind(kind)?.version ?? 1, sizeBytes, derivedFrom: [] };
    const event = createCloudEvent({ type, source: '/services/conform', subject: id, data, time: new Date() });
    await this.bench.bus.publish(subjectOf(type, data), event);
    const isKnown = async (): Promise<boolean> => (await fetch(`${this.bench.url}/v1/artifacts/${id}`)).ok;
    for (const deadline = Date.now() + INDEXED_WITHIN_MS; Date.now() < deadline && !(await isKnown());) await sleep(20);
  }
}

const INDEXED_WITHIN_MS = 10_000;

/** Kinds of the tool that are none of Sedge's own; one whose schema nobody gave takes any metadata. */
function kindsToRegister({ inputs, outputs }: ToolDefinition, kinds: ConformRequest['kinds']): Map<string, object> {
  const named = [...Object.values(inputs), ...Object.values(outputs)].flatMap(({ kind }) =>
    kind.split('|').map((one) => one.trim()),
  );
  const foreign = named.filter((name) => !KINDS.some((kind) => kind.name === name));
  return new Map(foreign.map((name) => [name, kinds.schemaOf(name) ?? { type: 'object' }]));
}

/** The command with the addresses in the places of their names in braces. */
function withAddresses(command: string, addresses: Record<string, string>): string {
  return command.replace(/\{(\w+)\}/g, (whole, name: string) => addresses[name] ?? whole);
}
