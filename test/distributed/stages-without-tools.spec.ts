import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { stageConsumer } from '@sedge/event-contracts';
import { missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, itemNamed, makeFolder } from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { stages, stagesWithTools } from '../../tools/dev/stages.mjs';
import { ClusterApi } from './cluster-api.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
const IDLE = stages().filter((name) => !stagesWithTools().includes(name));

/** A tool as small as tools are: it writes what it is told. */
const definition = (stage: string): string => `name: note-of-${stage}
version: '1'
stage: ${stage}
summary: Writes a note.
inputs: {}
outputs: { note: { kind: source } }
parameters: { type: object, additionalProperties: false, properties: { text: { type: string, default: a note } } }
resources: { cpu: 1, memoryMb: 64 }
reproducibility: { level: bitwise }
runtime: { kind: process, command: [python3, main.py] }
`;
const PROGRAM = `import json, os, pathlib
job = json.loads(pathlib.Path(os.environ["SEDGE_JOB"]).read_text())
text = job["parameters"]["text"].encode()
output = pathlib.Path(job["outputs"]["note"]["path"])
(output / "source").write_bytes(text)
(output / "metadata.json").write_text(json.dumps({"name": "note.txt", "format": "file", "sizeBytes": len(text)}))
`;

describe.skipIf(missing)(
  `stages that have no tools yet: ${IDLE.join(', ')} (${missing ?? 'on real back ends'})`,
  () => {
    let folder: Awaited<ReturnType<typeof makeFolder>>;
    let cluster: Cluster;
    let api: ClusterApi;

    beforeAll(async () => {
      buildProgram();
      folder = await makeFolder();
      cluster = await Cluster.start({ home: join(folder.path, 'cluster'), stages: IDLE, fsync: false });
      api = new ClusterApi(cluster.url, cluster.token);
    });
    afterAll(async () => {
      await cluster?.stop();
      await folder?.remove();
    });

    const at = ({ url }: { url: string }): ClusterApi => new ClusterApi(url, cluster.token);

    it('are those that the design leaves for later', () => {
      expect(IDLE).toEqual(['iot-gateway', 'nas']);
    });

    it.each(IDLE)('%s lives, is ready, and claims nothing', async (stage) => {
      const copy = at(cluster.copiesOf(stage)[0]!);
      for (const path of ['live', 'ready']) expect((await copy.call(`/v1/health/${path}`)).status).toBe(200);
      expect(await copy.get('/v1/stages/tools')).toEqual({ tools: [], refused: [] });
      expect(await copy.get('/v1/openapi.json')).toMatchObject({ paths: { '/v1/jobs/{id}/claim': {} } });
      expect((await copy.call('/v1/metrics')).text).toContain(
        `sedge_consumer_pending{consumer="${stageConsumer(stage)}"} 0`,
      );
    });

    it('are unknown to workflows, and have done nothing that is a dead letter', async () => {
      expect(await api.get('/v1/tools')).toEqual({ tools: [] });
      expect(await api.get('/v1/stages')).toEqual({ stages: [], refused: [] });
      const body = JSON.stringify({ workflow: 'name: x\nsteps: { one: { tool: search-architectures } }\n' });
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
      expect((await api.call('/v1/runs', init)).text).toContain('WORKFLOW_TOOL_UNKNOWN');
      expect(await api.get('/v1/dead-letters')).toEqual({ letters: [] });
    });

    it('have a consumer each at the broker, by a user who may read nothing else', async () => {
      const connection = await connect(cluster.brokerOptions());
      const manager = await jetstreamManager(connection);
      for (const stage of IDLE) {
        const { config } = await manager.consumers.info('SEDGE_EVENTS', stageConsumer(stage));
        expect(config.filter_subjects).toEqual(
          expect.arrayContaining([`sedge.job.requested.${stage}.*`, `sedge.job.cancel-requested.${stage}.*`]),
        );
      }
      await connection.close();
      const own = await connect(cluster.brokerOptions('nas'));
      await expect(
        (await jetstreamManager(own)).consumers.info('SEDGE_EVENTS', stageConsumer('iot-gateway')),
      ).rejects.toThrow();
      await own.close();
    });

    it('say what is wrong with their settings, and end when they are told to', async () => {
      const env = {
        PATH: process.env['PATH'],
        SEDGE_EVENTS: 'nats',
        SEDGE_PORT: 'x',
        SEDGE_HOME: join(folder.path, 'x'),
      };
      const child = spawn(process.execPath, [join('apps', IDLE[0]!, 'dist', 'main.js')], { env });
      let words = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
      const [code] = (await once(child, 'close')) as [number];
      expect(code).toBe(5);
      for (const name of ['SEDGE_NATS_URL', 'SEDGE_PORT']) expect(words).toContain(name);
      for (const stage of IDLE) expect(await cluster.copiesOf(stage)[0]!.stop()).toBe(0);
    });

    it('do jobs as soon as somebody gives them a tool', async () => {
      for (const stage of IDLE) {
        const place = join(folder.path, 'tools', stage, `note-of-${stage}`);
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, 'tool.yaml'), definition(stage));
        writeFileSync(join(place, 'main.py'), PROGRAM);
        const [copy] = cluster.copiesOf(stage);
        copy!.environment['SEDGE_TOOLS_DIR'] = join(folder.path, 'tools');
        await copy!.start();
      }
      await api.hasTools(...IDLE.map((stage) => `note-of-${stage}`));
      const steps = IDLE.map((stage) => `  ${stage}: { tool: note-of-${stage}, with: { text: from ${stage} } }`);
      const run = await api.ended(await api.startRun(`name: notes\nsteps:\n${steps.join('\n')}\n`));
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      for (const stage of IDLE) {
        const { note } = itemNamed(run, stage).outputs!;
        expect((await api.call(`/v1/artifacts/${note}/files/source`)).text).toBe(`from ${stage}`);
      }
      const log = readFileSync(join(cluster.home, 'logs', 'nas-1.log'), 'utf8');
      expect(log.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([]);
    });
  },
);
