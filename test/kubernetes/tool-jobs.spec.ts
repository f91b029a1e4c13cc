import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubernetesRunner, type KubernetesAccess } from '@sedge/adapter-kubernetes';
import { ControlPlane, missingServer } from '@sedge/local-servers';
import { describeContainerRunner } from '@sedge/ports/contract';
import { ContainerBench, missingForContainers } from '@sedge/test-kit';
import type { ToolLine } from '@sedge/tool-contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { render } from './helm.js';
import { PodmanKubelet } from './podman-kubelet.js';

const reason = missingServer('control-plane', 'helm') ?? missingForContainers();
if (reason !== null) process.stdout.write(`skipped: ${reason}\n`);

const NAMESPACE = 'sedge';
const CLAIM = 'sedge-tool-work';
const unstopped = new AbortController().signal;

/** API server, Job controller and rights are the real ones; a stand-in for the kubelet runs the pods by podman. */
describe.skipIf(reason !== null)('tools as Jobs of a real API server, on a stand-in for a node', () => {
  const bench = new ContainerBench();
  let plane: ControlPlane;
  let kubelet: PodmanKubelet;
  let access: KubernetesAccess;
  let runner: KubernetesRunner;

  beforeAll(async () => {
    const { SEDGE_CONTAINER_OPTIONS: global, SEDGE_CONTAINER_RUN_OPTIONS: run } = bench.prepare();
    vi.stubEnv('SEDGE_CONTAINER_OPTIONS', global);
    bench.definition.runtime = { kind: 'container', image: bench.pinnedImage(), command: ['/tool'] };
    mkdirSync(bench.work, { recursive: true });
    plane = await ControlPlane.start();
    const podman = { global: words(global), run: words(run) };
    kubelet = await PodmanKubelet.start(plane, { folder: bench.folder, claims: { [CLAIM]: bench.folder }, podman });
    access = await accountOfTraining(plane, bench.folder);
    runner = new KubernetesRunner(access, {
      claim: { name: CLAIM, mountedAt: bench.folder },
      pod: null,
      node: 'stand-in',
    });
  });
  afterAll(async () => {
    await kubelet?.stop();
    await plane?.stop();
    vi.unstubAllEnvs();
    bench.remove();
  });

  const run = (
    what: string,
    signal = unstopped,
    onLine?: (line: ToolLine) => void,
  ): ReturnType<ContainerBench['run']> => bench.run(runner, { what, signal, onLine });

  describeContainerRunner('the contract of tools in containers', () =>
    Promise.resolve({
      run,
      running: () => bench.containers().length,
      recover: (ownFolder) => runner.recover(ownFolder ? bench.work : join(bench.folder, 'other')),
      close: () => Promise.resolve(),
    }),
  );

  it('leaves no Job behind', async () => {
    await run('');
    const { body } = await plane.call('GET', `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`);
    const left = (body['items'] as { metadata: { deletionTimestamp?: string } }[]).filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined,
    );
    expect(left).toEqual([]);
  });

  it('gives each line once when the log breaks off on its way', async () => {
    kubelet.cutLogsAfter = 1;
    const { outcome, lines } = await run('');
    expect(outcome).toEqual({ status: 'succeeded' });
    expect(lines.filter(({ type }) => type === 'progress')).toHaveLength(1);
    expect(lines.filter((line) => line.type === 'log' && line.message.startsWith('uid'))).toHaveLength(1);
  });

  it('says that a pod was taken away, so that the job is tried again', async () => {
    let hasBegun = false;
    const running = run('wait', unstopped, (line) => {
      hasBegun ||= line.type === 'log' && line.message === 'ready';
    });
    await vi.waitFor(() => expect(hasBegun).toBe(true), 20_000);
    const { body } = await plane.call('GET', `/api/v1/namespaces/${NAMESPACE}/pods`);
    const pod = (body['items'] as { metadata: { name: string }; status: { phase: string } }[]).find(
      ({ status }) => status.phase === 'Running',
    );
    await plane.call('POST', `/api/v1/namespaces/${NAMESPACE}/pods/${pod!.metadata.name}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: pod!.metadata.name, namespace: NAMESPACE },
    });
    expect((await running).outcome).toMatchObject({ status: 'failed', class: 'preempted', code: 'TOOL_PREEMPTED' });
  });

  it('refuses an image that is not named by its digest, and one that needs a machine when none is known', async () => {
    const unpinned = { ...bench.definition, runtime: { kind: 'container' as const, image: 'localhost/tool:1' } };
    await expect(runner.identify(unpinned)).rejects.toMatchObject({ code: 'CONTAINER_IMAGE_UNPINNED' });
    const bound = { ...bench.definition, reproducibility: { level: 'machine' as const, names: [] } };
    const nowhere = new KubernetesRunner(access, {
      claim: { name: CLAIM, mountedAt: bench.folder },
      pod: null,
      node: null,
    });
    await expect(nowhere.identify(bound)).rejects.toMatchObject({ code: 'KUBERNETES_NODE_UNKNOWN' });
    expect(await runner.identify(bench.definition)).toEqual({ image: bench.pinnedImage().replace(/^.*@/, '') });
  });

  it('may do with the rights of the chart nothing but run tools', async () => {
    const refused = new KubernetesRunner(await accountOfTraining(plane, bench.folder, 'default'), {
      claim: { name: CLAIM, mountedAt: bench.folder },
      pod: null,
      node: null,
    });
    const { outcome } = await bench.run(refused, { what: '', signal: unstopped });
    expect(outcome).toMatchObject({ status: 'failed', class: 'permanent', code: 'KUBERNETES_FAILED' });
    expect((outcome as { message: string }).message).toContain('forbidden');
  });
});

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** The account that the chart makes for the stage, with a token as a pod gets it. */
async function accountOfTraining(
  plane: ControlPlane,
  folder: string,
  namespace = NAMESPACE,
): Promise<KubernetesAccess> {
  const account = 'sedge-training';
  const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await plane.call('POST', '/api/v1/namespaces', { metadata: { name: namespace, labels: enforced } });
  const kinds: Record<string, string> = {
    ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
    Role: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles`,
    RoleBinding: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/rolebindings`,
  };
  for (const resource of render({ containerTools: { enabled: true } })) {
    const place = kinds[resource.kind];
    if (place !== undefined) await plane.call('POST', place, resource);
  }
  const place = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${account}/token`;
  const { body } = await plane.call('POST', place, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  const tokenFile = join(folder, `account-${namespace}.token`);
  writeFileSync(tokenFile, (body['status'] as { token: string }).token);
  return { url: plane.url, namespace, tokenFile, caFile: plane.caFile };
}
