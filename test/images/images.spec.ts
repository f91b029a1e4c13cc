import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '@sedge/local-servers';
import { KEYWORD_PREPROCESSING, keywordNet } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stagesWithTools } from '../../tools/dev/stages.mjs';
import { VERSION, backEndImages, imageBytes, imageNames, tagOf } from '../../tools/dev/images/build-images.mjs';
import { podman } from '../../tools/dev/images/podman.mjs';
import { buildProgram, type Run } from '../../apps/sedge/test/server/sedge-process.js';
import { writeSmallArchive } from '../deep/small-archive.js';
import { ClusterApi } from '../distributed/cluster-api.js';
import { ComposeProject } from './compose-project.js';

const USER = '10001';
/** A process promises to end within 30 s. */
const END_MS = 30_000;
const WORDS = ['yes', 'no', 'up', 'down'];
const CLIPS_PER_WORD = 10;
/** The environment of PyTorch is downloaded and made first. */
const TRAINING_MS = 2_400_000;

const NET = { classes: WORDS, preprocessing: KEYWORD_PREPROCESSING, shape: [40, 32] as [number, number] };

const DEPLOYMENT = `name: containers
inputs:
  source: { from: /inputs/speech-commands.tar }
  model: { from: /inputs/model.onnx }
steps:
  recordings: { tool: ingest-speech-commands, in: { source: $inputs.source } }
  speech: { tool: partition-audio, in: { dataset: $recordings.dataset }, with: { words: [${WORDS.join(', ')}] } }
  features: { tool: extract-mfcc, in: { dataset: $speech.dataset } }
  application: { tool: deploy-lne, in: { model: $inputs.model }, with: { target: native } }
  program: { tool: build-application, in: { application: $application.application } }
  latency: { tool: benchmark-latency, in: { program: $program.program } }
`;

/** The shipped example on few recordings, trained briefly, so without the accuracy that it expects. */
const training = (): string =>
  readFileSync(resolve('examples', 'keyword-spotting', 'workflow.yml'), 'utf8')
    .replace('from: ./', 'from: /inputs/')
    .replace(/words: \[.*\]/, `words: [${WORDS.join(', ')}]`)
    .replace(/iterations: \d+/, 'iterations: 20')
    .replace(/warmupIterations: \d+/, 'warmupIterations: 0')
    .replace(/\n\s+expect: .*/, '');

describe.each(imageNames())('the image of %s', (name) => {
  const run = (command: string[]): string => {
    const rights = [
      '--read-only',
      '--read-only-tmpfs=false',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
    ];
    return podman([
      'run',
      '--rm',
      '--network',
      'none',
      ...rights,
      '--entrypoint',
      command[0]!,
      tagOf(name),
      ...command.slice(1),
    ]);
  };

  it('runs as nobody, from files that it may not change', () => {
    process.stdout.write(`${name}: ${(imageBytes(name) / 1e6).toFixed(0)} MB\n`);
    expect(podman(['image', 'inspect', '--format', '{{.Config.User}}', tagOf(name)])).toBe(`${USER}:${USER}`);
    expect(run(['id', '-u'])).toBe(USER);
    expect(run(['find', '/sedge', '-writable', '!', '-type', 'l', '-print', '-quit'])).toBe('');
  });

  it('holds no test, no settings of npm and no secret', () => {
    const unwanted = ['-name', '*.spec.*', '-o', '-name', '.npmrc', '-o', '-name', 'secrets'];
    expect(run(['find', '/sedge', '-path', '*/node_modules', '-prune', '-o', '(', ...unwanted, ')', '-print'])).toBe(
      '',
    );
    expect(run(['sh', '-c', 'find / -xdev -name .npmrc 2> /dev/null; true'])).toBe('');
  });
});

describe('the compose file, run as it stands', () => {
  let folder: string;
  let project: ComposeProject;
  let api: ClusterApi;

  beforeAll(async () => {
    buildProgram();
    folder = mkdtempSync(join(tmpdir(), 'sedge-images-'));
    chmodSync(folder, 0o755);
    const secrets = join(folder, 'secrets');
    execFileSync(process.execPath, ['deploy/prepare.mjs', '--folder', secrets]);
    const token = readFileSync(join(secrets, 'operator.token'), 'utf8').trim();
    // As the guide says.
    execFileSync('chown', ['-R', `${USER}:${USER}`, secrets]);
    const inputs = join(folder, 'inputs');
    mkdirSync(inputs);
    writeSmallArchive(join(inputs, 'speech-commands.tar'), WORDS, CLIPS_PER_WORD);
    writeFileSync(join(inputs, 'model.onnx'), keywordNet(NET).bytes);
    const port = await freePort();
    project = new ComposeProject({
      name: `sedge-images-${process.pid}`,
      file: resolve('deploy', 'compose', 'compose.yml'),
      variables: {
        ...backEndImages(),
        SEDGE_VERSION: VERSION,
        SEDGE_SECRETS: secrets,
        SEDGE_INPUTS: inputs,
        SEDGE_LISTEN: `127.0.0.1:${port}`,
      },
      profiles: ['nas', 'iot-gateway'],
    });
    await project.start();
    api = new ClusterApi(`http://127.0.0.1:${port}`, token);
  });

  afterAll(() => {
    project?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const services = (): string[] => project.running.filter((name) => project.service(name).environment?.['SEDGE_URL']);

  async function succeeded(workflow: string, timeoutMs: number): Promise<Run> {
    const run = await api.ended(await api.startRun(workflow), timeoutMs);
    const failures = run.items.flatMap(({ name, failure }) => (failure ? [`${name}: ${JSON.stringify(failure)}`] : []));
    expect([run.state, run.failure, failures]).toEqual(['succeeded', null, []]);
    return run;
  }

  it('gives every process no rights, and a root that nobody can write to', async () => {
    expect(project.running.length).toBeGreaterThanOrEqual(services().length + 3);
    for (const name of project.running) {
      const { output } = await project.exec(name, ['cat', '/proc/1/status']);
      const field = (key: string): string => new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(output)![1]!;
      const rights = ['CapEff', 'CapPrm', 'CapBnd', 'CapInh'].map((set) => Number.parseInt(field(set), 16));
      expect([name, ...rights, field('NoNewPrivs'), field('Uid')]).toEqual([
        ...[name, 0, 0, 0, 0, '1'],
        Array(4).fill(USER).join('\t'),
      ]);
      const written = await project.exec(name, ['sh', '-c', 'echo 1 > /probe']);
      expect([name, written.output]).toEqual([name, expect.stringMatching(/read-only file system/i)]);
    }
  });

  it('answers for each service that it lives and is ready, on the network of the services and at the published port', async () => {
    for (const state of ['live', 'ready']) {
      expect((await api.call(`/v1/health/${state}`)).status).toBe(200);
      for (const name of services()) {
        const text = `fetch('http://${name}:7350/v1/health/${state}').then(({ status }) => console.log(status))`;
        expect([name, state, (await project.exec('workflow', ['node', '-e', text])).output]).toEqual([
          name,
          state,
          '200',
        ]);
      }
    }
    const { status } = await fetch(`${api.url}/v1/runs`);
    expect(status).toBe(401);
  });

  it('serves the command line of its own image', async () => {
    const token = `${join(folder, 'secrets', 'operator.token')}:/run/token:ro`;
    const rights = ['--read-only', '--tmpfs', '/tmp', '--env', 'SEDGE_HOME=/tmp/sedge', '--volume', token];
    const command = ['tools', 'list', '--server', 'http://workflow:7350', '--token-file', '/run/token', '--json'];
    const text = await project.runOnce(rights, [tagOf('cli'), ...command]);
    for (const tool of ['ingest-speech-commands', 'train-pytorch', 'deploy-lne', 'benchmark-accuracy']) {
      expect(text).toContain(`"${tool}"`);
    }
  });

  it('takes recordings in, generates a program, compiles it and measures it; what they made lies in the store', async () => {
    const run = await succeeded(DEPLOYMENT, 600_000);
    const blobs = join(project.placeOf('s3'), 'sedge-artifacts', 'blobs', 'sha256');
    const stored = new Set(readdirSync(blobs));
    const ids = run.items.flatMap(({ outputs }) => Object.values(outputs ?? {}));
    expect(ids.length).toBeGreaterThan(7);
    for (const id of ids) {
      const { files } = await api.get<{ files: { digest: string; sizeBytes: number }[] }>(`/v1/artifacts/${id}`);
      for (const { digest } of files) {
        const name = digest.replace('sha256:', '');
        expect(stored).toContain(name);
        expect(
          createHash('sha256')
            .update(readFileSync(join(blobs, name)))
            .digest('hex'),
        ).toBe(name);
      }
    }
  });

  it(
    'trains in an environment that its container makes, and brings the network to a program',
    async () => {
      const run = await succeeded(training(), TRAINING_MS);
      expect(run.items.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['model', 'accuracy', 'program', 'latency']),
      );
    },
    TRAINING_MS,
  );

  it('starts nothing that asks for more than it may', async () => {
    for (const name of services()) {
      const log = await project.logOf(name);
      expect([name, log]).toEqual([name, expect.not.stringMatching(/refuses|"level":"error"/)]);
    }
  });

  it('ends every service on SIGTERM, in seconds and with code 0', async () => {
    expect(services()).toEqual(expect.arrayContaining(['workflow', ...stagesWithTools()]));
    for (const name of services()) {
      const { exitCode, tookMs } = await project.stop(name);
      process.stdout.write(`${name} ended in ${(tookMs / 1000).toFixed(1)} s\n`);
      expect([name, exitCode]).toEqual([name, 0]);
      expect(tookMs).toBeLessThan(END_MS);
    }
  });
});
