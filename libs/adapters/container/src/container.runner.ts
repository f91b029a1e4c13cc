import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RunToolCommand, ToolOutcome, ToolRun, ToolRunner } from '@sedge/ports';
import { jobInside, type JobFile, type ToolDefinition } from '@sedge/tool-contracts';
import { callEngine, findEngine, imageDigest, optionsIn, type Engine } from './container-engine.js';

/** Where a tool finds its directories inside the container. */
const INSIDE = '/sedge';
const DEFAULT_GRACE_MS = 5000;
/** Someone without rights, inside and outside. */
const NOBODY = '65534:65534';

/**
 * Runs tools in containers: no network, a read-only root, no rights, and the same directories as any other runtime. The command's
 * process is the engine's client; it gives the tool's lines and exit code, and passes signals on.
 */
export class ContainerRunner implements ToolRunner {
  readonly runtime = 'container';

  constructor(private readonly runCommand: RunToolCommand) {}

  async identify({ runtime }: ToolDefinition): Promise<Record<string, unknown>> {
    if (runtime.kind !== 'container') throw new Error('not a container tool');
    return { image: await imageDigest(await findEngine(), runtime.image) };
  }

  async run({ tool, job, workDirectory, traceparent, signal, onLine }: ToolRun): Promise<ToolOutcome> {
    const { definition } = tool;
    if (definition.runtime.kind !== 'container') throw new Error('not a container tool');
    const engine = await findEngine();
    const name = `sedge-${job.job.slice(-16)}-${job.attempt}-${randomUUID().slice(0, 8)}`;
    await writeInsideJob(workDirectory, job);
    const stop = (): Promise<unknown> => callEngine(engine, ['kill', name]).catch(() => undefined);
    const graceMs = definition.graceMs ?? DEFAULT_GRACE_MS;
    const stopLater = (): void => void setTimeout(() => void stop(), graceMs).unref();
    signal.addEventListener('abort', stopLater, { once: true });
    try {
      return await this.runCommand({
        file: engine.command,
        args: [
          ...[
            ...engine.options,
            'run',
            '--rm',
            '--name',
            name,
            '--label',
            labelOf(dirname(dirname(dirname(workDirectory)))),
          ],
          ...['--network', 'none', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', ...userOf(engine)],
          // Labels of the system's access control would have to be changed on the user's own folders.
          ...['--security-opt', 'no-new-privileges', '--security-opt', 'label=disable'],
          ...['--memory', `${definition.resources.memoryMb}m`, '--env', `SEDGE_JOB=${INSIDE}/job.json`],
          ...(traceparent === undefined ? [] : ['--env', `TRACEPARENT=${traceparent}`]),
          ...mountsOf(job, workDirectory),
          ...optionsIn('SEDGE_CONTAINER_RUN_OPTIONS'),
          definition.runtime.image,
          ...(definition.runtime.command ?? []),
        ],
        workDirectory,
        environment: engineEnvironment(),
        graceMs: graceMs + 1000,
        signal,
        onLine,
      });
    } finally {
      signal.removeEventListener('abort', stopLater);
      await stop();
    }
  }

  async recover(workDirectory: string): Promise<void> {
    const engine = await findEngine().catch(() => null);
    if (engine === null) return;
    const left = await callEngine(engine, ['ps', '--quiet', '--filter', `label=${labelOf(workDirectory)}`]).catch(
      () => '',
    );
    for (const id of left.split('\n').filter((line) => line !== '')) {
      await callEngine(engine, ['kill', id]).catch(() => undefined);
    }
  }
}

/** Marks the containers of one data directory: those of other processes on this machine are none of our business. */
const labelOf = (workDirectory: string): string =>
  `sedge.work=${createHash('sha256').update(workDirectory).digest('hex').slice(0, 32)}`;

/** Someone without rights where the service is root; else whoever runs the service, so that it can remove what the tool made. */
function userOf({ command }: Engine): string[] {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  if (uid === 0) return ['--user', NOBODY];
  return ['--user', `${uid}:${gid}`, ...(command === 'podman' ? ['--userns', 'keep-id'] : [])];
}

/** The job as the tool sees it from inside; its directories are writable for someone without rights. */
async function writeInsideJob(workDirectory: string, job: JobFile): Promise<void> {
  for (const { path } of Object.values(job.outputs)) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
  }
  await chmod(job.scratch, 0o777);
  await writeFile(join(workDirectory, 'container-job.json'), JSON.stringify(jobInside(job, INSIDE), null, 2));
}

function mountsOf(job: JobFile, workDirectory: string): string[] {
  const mounts = [
    [join(workDirectory, 'container-job.json'), `${INSIDE}/job.json`, 'ro'],
    [join(workDirectory, 'inputs'), `${INSIDE}/inputs`, 'ro'],
    [job.scratch, `${INSIDE}/scratch`, 'rw'],
    ...Object.entries(job.outputs).map(([name, { path }]) => [path, `${INSIDE}/outputs/${name}`, 'rw']),
  ];
  return mounts.flatMap(([outer, inner, mode]) => ['--volume', `${outer}:${inner}:${mode}`]);
}

/** What the engine's client needs to find its storage and its daemon. */
function engineEnvironment(): Record<string, string> {
  const names = /^(PATH|HOME|USER|XDG_\w+|DOCKER_\w+|CONTAINER_\w+|CONTAINERS_\w+|DBUS_SESSION_BUS_ADDRESS|TMPDIR)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name))) as Record<string, string>;
}
