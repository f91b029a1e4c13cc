import { isAbsolute, relative } from 'node:path';
import { ToolUnavailableError, type ToolRun } from '@sedge/ports';
import type { ToolDefinition } from '@sedge/tool-contracts';

/** Where a tool finds its directories inside the container. */
export const INSIDE = '/sedge';
/** The one container of a tool's pod. */
export const CONTAINER = 'tool';
export const JOB_FILE = 'container-job.json';
export const WORK_LABEL = 'sedge.work';
export const DEFAULT_GRACE_MS = 5000;

/** An ended job that nobody removed, since its service died, is removed by the cluster after so long. */
const KEPT_S = 600;
/** Someone without rights, where the service is root. */
const NOBODY = 65534;

/** What the cluster knows of the pod that this service runs in. */
export interface OwnPod {
  name: string;
  uid: string;
}

export interface ClusterPlace {
  /** the volume that holds the service's data directory: name of its claim, and where it is mounted here */
  claim: { name: string; mountedAt: string };
  /** owns the jobs, so that they end with it; null: nobody */
  pod: OwnPod | null;
  /** the node that this service runs on; null: not known */
  node: string | null;
}

export interface JobNames {
  name: string;
  /** value of WORK_LABEL */
  work: string;
}

/**
 * The Kubernetes Job that runs a tool once: no rights, a read-only root, no service account, and the attempt's directories out of the
 * service's own volume. Names are those of the API, batch/v1.
 */
export function toolJob(run: ToolRun, place: ClusterPlace, { name, work }: JobNames): Record<string, unknown> {
  const { definition } = run.tool;
  const labels = { 'app.kubernetes.io/part-of': 'sedge', 'app.kubernetes.io/component': 'tool', [WORK_LABEL]: work };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      labels,
      annotations: {
        'sedge/job': run.job.job,
        'sedge/attempt': String(run.job.attempt),
        'sedge/tool': definition.name,
      },
      ...(place.pod && { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', ...place.pod }] }),
    },
    spec: {
      // Whether a job is tried again is decided by its stage, which numbers the attempts.
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEPT_S,
      template: { metadata: { labels }, spec: podSpec(run, place) },
    },
  };
}

function podSpec(
  { tool: { definition }, job, workDirectory, traceparent }: ToolRun,
  place: ClusterPlace,
): Record<string, unknown> {
  const { runtime, graceMs = DEFAULT_GRACE_MS } = definition;
  if (runtime.kind !== 'container') throw new Error(`${definition.name} is no container tool`);
  const [uid, gid] = [process.getuid?.() || NOBODY, process.getgid?.() || NOBODY];
  const mount = (path: string, mountPath: string, readOnly = false): Record<string, unknown> => ({
    name: 'work',
    subPath: pathInVolume(path, place),
    mountPath: `${INSIDE}/${mountPath}`,
    readOnly,
  });
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: Math.ceil(graceMs / 1000),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: gid,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(isBoundToMachine(definition) && { nodeSelector: { 'kubernetes.io/hostname': place.node } }),
    containers: [
      {
        name: CONTAINER,
        image: runtime.image,
        ...(runtime.command && { command: runtime.command }),
        env: [
          { name: 'SEDGE_JOB', value: `${INSIDE}/job.json` },
          ...(traceparent === undefined ? [] : [{ name: 'TRACEPARENT', value: traceparent }]),
        ],
        resources: resourcesOf(definition),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          mount(`${workDirectory}/${JOB_FILE}`, 'job.json', true),
          mount(`${workDirectory}/inputs`, 'inputs', true),
          mount(job.scratch, 'scratch'),
          ...Object.entries(job.outputs).map(([name, { path }]) => mount(path, `outputs/${name}`)),
          { name: 'tmp', mountPath: '/tmp' },
        ],
      },
    ],
    volumes: [
      { name: 'work', persistentVolumeClaim: { claimName: place.claim.name } },
      { name: 'tmp', emptyDir: {} },
    ],
  };
}

/** A tool whose result depends on the machine was promised that of the service. */
export function isBoundToMachine({ reproducibility }: ToolDefinition): boolean {
  return reproducibility.level === 'machine';
}

function resourcesOf({ resources: { cpu, memoryMb, gpu = 0 } }: ToolDefinition): Record<string, unknown> {
  const bounds = { memory: `${memoryMb}M`, ...(gpu > 0 && { 'nvidia.com/gpu': String(gpu) }) };
  return { requests: { cpu: String(cpu), ...bounds }, limits: bounds };
}

/** @throws ToolUnavailableError where the data directory lies elsewhere, since a tool's pod could not see it */
function pathInVolume(path: string, { claim: { name, mountedAt } }: ClusterPlace): string {
  const inside = relative(mountedAt, path);
  if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return inside;
  const mend = 'let SEDGE_HOME lie in the folder that SEDGE_KUBERNETES_CLAIM names';
  throw new ToolUnavailableError(
    'KUBERNETES_VOLUME_WRONG',
    `${path} is not in the volume ${name} (${mountedAt})`,
    mend,
  );
}
