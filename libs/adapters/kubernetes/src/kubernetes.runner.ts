import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ToolUnavailableError, type ToolOutcome, type ToolRun, type ToolRunner } from '@sedge/ports';
import { jobInside, type ToolDefinition } from '@sedge/tool-contracts';
import { KubernetesApi, KubernetesError, type KubernetesAccess } from './kubernetes-api.js';
import { ToolJobRun } from './tool-job-run.js';
import { INSIDE, JOB_FILE, WORK_LABEL, isBoundToMachine, toolJob, type ClusterPlace } from './tool-job.js';

const JOBS = 'batch/v1/jobs';
const TRIES = 5;
const AGAIN_AFTER_MS = 1000;

/**
 * Runs container tools as Jobs of a Kubernetes cluster, one per attempt. The tool sees the same directories as with every other runtime:
 * they are those of the attempt, on a volume that the service and the tool's pod share. Access to it is the cluster's; the tool itself has
 * no account there.
 */
export class KubernetesRunner implements ToolRunner {
  readonly runtime = 'container';
  private readonly api: KubernetesApi;

  constructor(
    access: KubernetesAccess,
    private readonly place: ClusterPlace,
  ) {
    this.api = new KubernetesApi(access);
  }

  /** The image must be named by its digest: a tag may mean another image on each node. */
  identify(definition: ToolDefinition): Promise<Record<string, unknown>> {
    return Promise.resolve().then(() => ({ image: this.digestOf(definition) }));
  }

  async run(run: ToolRun): Promise<ToolOutcome> {
    const { job, workDirectory, signal } = run;
    this.digestOf(run.tool.definition);
    if (signal.aborted) return { status: 'cancelled' };
    await layOut(run);
    const name = `sedge-${job.job.slice(-16)}-${job.attempt}-${randomUUID().slice(0, 8)}`;
    const work = labelOf(dirname(dirname(dirname(workDirectory))));
    try {
      await this.create(toolJob(run, this.place, { name, work }));
      return await new ToolJobRun(this.api, run, name).follow();
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      const failureClass = error.isPassing ? 'transient' : 'permanent';
      return { status: 'failed', class: failureClass, code: 'KUBERNETES_FAILED', message: error.message };
    } finally {
      await this.remove(name);
    }
  }

  async recover(workDirectory: string): Promise<void> {
    const query = { labelSelector: `${WORK_LABEL}=${labelOf(workDirectory)}` };
    const { items } = await this.api.json<{ items: { metadata: { name: string } }[] }>({
      method: 'GET',
      path: JOBS,
      query,
    });
    await Promise.all(items.map(({ metadata: { name } }) => this.remove(name)));
  }

  /** The same name is refused the second time, so that a call whose answer was lost may be made again. */
  private async create(job: Record<string, unknown>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return void (await this.api.json({ method: 'POST', path: JOBS, json: job }));
      } catch (error) {
        const { status, isPassing } = error as KubernetesError;
        if (tries > 1 && status === 409) return;
        if (!isPassing || tries === TRIES) throw error;
        await sleep(AGAIN_AFTER_MS);
      }
    }
  }

  /** With its pods. One that can't be removed now goes by itself some time after its end, or with this service's pod. */
  private async remove(name: string): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries++) {
      const query = { propagationPolicy: 'Background' };
      const failure = await this.api
        .json({ method: 'DELETE', path: `${JOBS}/${name}`, query })
        .catch((error: unknown) => error);
      if (!(failure instanceof KubernetesError) || !failure.isPassing) return;
      await sleep(AGAIN_AFTER_MS);
    }
  }

  private digestOf(definition: ToolDefinition): string {
    const { runtime, name } = definition;
    if (runtime.kind !== 'container') throw new Error(`${name} is no container tool`);
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(runtime.image)?.[1];
    if (digest === undefined) {
      const mend = `name it by its digest in tool.yaml: ${runtime.image.replace(/@.*$/, '')}@sha256:…`;
      throw new ToolUnavailableError(
        'CONTAINER_IMAGE_UNPINNED',
        `the image ${runtime.image} may mean another one tomorrow`,
        mend,
      );
    }
    if (isBoundToMachine(definition) && this.place.node === null) {
      const message = `the result of ${name} depends on the machine, and the node of this service is not known`;
      throw new ToolUnavailableError(
        'KUBERNETES_NODE_UNKNOWN',
        message,
        'set SEDGE_KUBERNETES_NODE to the name of the node',
      );
    }
    return digest;
  }
}

/** Makes what the pod mounts: a folder that is missing would be made by the cluster, as root's. */
async function layOut({ job, workDirectory }: ToolRun): Promise<void> {
  await mkdir(join(workDirectory, 'inputs'), { recursive: true });
  for (const path of [...Object.values(job.outputs).map((output) => output.path), job.scratch]) {
    await mkdir(path, { recursive: true });
    // Where the service is root, the tool is somebody else.
    await chmod(path, 0o777);
  }
  await writeFile(join(workDirectory, JOB_FILE), JSON.stringify(jobInside(job, INSIDE), null, 2));
}

/** Marks the jobs of one data directory. */
const labelOf = (workDirectory: string): string =>
  createHash('sha256').update(workDirectory).digest('hex').slice(0, 32);
