import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SedgeProcess, buildProgram, type Run } from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { ClusterApi } from '../distributed/cluster-api.js';

const EXAMPLE = resolve('examples', 'keyword-spotting');
/** Enough that training has checkpoints to go on from, few enough that the whole run takes a minute or two. */
const ITERATIONS = 120;
const KILLS = 10;
const seed = Number(process.env['SEDGE_TEST_SEED'] ?? Date.now() % 1_000_000);

/** The shipped example, trained briefly, so without the accuracy that it expects. */
function workflowText(): string {
  return readFileSync(join(EXAMPLE, 'workflow.yml'), 'utf8')
    .replace(/from: \.\//, `from: ${EXAMPLE}/`)
    .replace(/iterations: \d+/, `iterations: ${ITERATIONS}`)
    .replace(/\n\s+expect: .*/, '');
}

/** Artifact ids by step, those apart that hold measured times. */
function idsOf(run: Run): Record<string, unknown> {
  const steps = run.items.filter(({ name }) => name !== 'latency');
  return Object.fromEntries(steps.map(({ name, outputs }) => [name, outputs]));
}

describe('the keyword-spotting workflow', () => {
  let folder: string;
  let environment: Record<string, string>;
  let undisturbed: Record<string, unknown>;
  let sedge: SedgeProcess | undefined;

  const start = (name: string): Promise<SedgeProcess> =>
    SedgeProcess.start({ dataDirectory: join(folder, name), environment });

  async function runWhole(name: string): Promise<Run> {
    sedge = await start(name);
    const run = await sedge.ended(await sedge.startRun(workflowText()), 3_000_000);
    await sedge.stop();
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    return run;
  }

  beforeAll(async () => {
    buildProgram();
    folder = mkdtempSync(join(tmpdir(), 'sedge-deep-'));
    environment = { SEDGE_ENVIRONMENTS_DIR: resolve('.cache', 'python') };
    undisturbed = idsOf(await runWhole('undisturbed'));
  });

  afterAll(async () => {
    await sedge?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives the same artifacts in another folder at another time', async () => {
    expect(idsOf(await runWhole('elsewhere'))).toEqual(undisturbed);
  });

  it('gives the same artifacts when every service is a process of its own, on NATS, PostgreSQL and S3', async () => {
    const cluster = await Cluster.start({ home: join(folder, 'cluster'), workers: 2, environment, fsync: false });
    try {
      const api = new ClusterApi(cluster.url, cluster.token);
      await api.hasTools('ingest-speech-commands', 'extract-mfcc', 'train-pytorch', 'deploy-lne', 'benchmark-accuracy');
      const run = await api.ended(await api.startRun(workflowText()), 3_000_000);
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(idsOf(run)).toEqual(undisturbed);
    } finally {
      await cluster.stop();
    }
  });

  it(`gives the same artifacts when it is killed ${KILLS} times, and does no finished job again`, async () => {
    process.stdout.write(`SEDGE_TEST_SEED=${seed}\n`);
    let state = seed;
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    let id: string | null = null;
    for (let kill = 0; kill < KILLS; kill++) {
      sedge = await start('killed');
      id ??= await sedge.startRun(workflowText());
      await pause(random() * 15_000);
      await sedge.kill();
    }
    sedge = await start('killed');
    const run = await sedge.ended(id!, 3_000_000);
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(idsOf(run)).toEqual(undisturbed);
    for (const { job } of run.items.filter((item) => item.job !== null)) {
      const { attempts } = await sedge.job(job!);
      expect(attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
      expect(attempts.at(-1)!.outcome).toBe('succeeded');
    }
    await sedge.stop();
  });
});
