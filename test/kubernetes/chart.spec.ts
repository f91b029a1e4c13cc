import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { STREAMS } from '@sedge/adapter-nats';
import { stageConsumer, workerConsumer } from '@sedge/event-contracts';
import { ControlPlane, KEDA, builtServerFolder, missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { stages, stagesWithTools } from '../../tools/dev/stages.mjs';
import { lint, render, type Resource } from './helm.js';

const reason = missingServer('control-plane', 'helm');
if (reason !== null) process.stdout.write(`skipped: ${reason}\n`);

const DIGEST = `sha256:${'a'.repeat(64)}`;
/** Every part of the chart that can be switched on. */
const EVERYTHING = {
  image: { repository: 'registry.example.com/team', digests: { training: DIGEST }, pullSecrets: ['registry'] },
  secrets: { ca: 'sedge-ca' },
  teams: { training: 'vision', benchmark: 'measuring' },
  stages: { nas: { enabled: true }, 'iot-gateway': { enabled: true } },
  workers: {
    'judge-value': {
      stage: 'training',
      image: `registry.example.com/judge@${DIGEST}`,
      secret: 'judge-value',
      replicas: { min: 0, max: 10 },
      eventsPerCopy: 5,
    },
  },
  containerTools: { enabled: true, storageClass: 'shared' },
  networkPolicy: { apiClients: [{ namespaceSelector: { matchLabels: { team: 'people' } } }] },
  workflow: { podAnnotations: { 'prometheus.io/scrape': 'true' } },
};

/** A resource's place in the API: a new kind gets a line here. */
const PLACES: Record<string, string> = {
  Deployment: '/apis/apps/v1/namespaces/sedge/deployments',
  Service: '/api/v1/namespaces/sedge/services',
  ServiceAccount: '/api/v1/namespaces/sedge/serviceaccounts',
  PersistentVolumeClaim: '/api/v1/namespaces/sedge/persistentvolumeclaims',
  PodDisruptionBudget: '/apis/policy/v1/namespaces/sedge/poddisruptionbudgets',
  NetworkPolicy: '/apis/networking.k8s.io/v1/namespaces/sedge/networkpolicies',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/sedge/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/sedge/rolebindings',
  ScaledObject: '/apis/keda.sh/v1alpha1/namespaces/sedge/scaledobjects',
  TriggerAuthentication: '/apis/keda.sh/v1alpha1/namespaces/sedge/triggerauthentications',
  Pod: '/api/v1/namespaces/sedge/pods',
};

describe.skipIf(reason !== null)('the chart', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    const enforced = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await plane.call('POST', '/api/v1/namespaces', { metadata: { name: 'sedge', labels: enforced } });
    await installKeda(plane);
  });
  afterAll(() => plane?.stop());

  /** @returns what the server says against it, or null */
  async function refusalOf(resource: Resource): Promise<string | null> {
    const place = PLACES[resource.kind]!;
    const { status, body } = await plane.call('POST', `${place}?dryRun=All&fieldValidation=Strict`, resource);
    return status < 300 ? null : `${resource.kind} ${resource.metadata.name}: ${JSON.stringify(body['message'])}`;
  }

  it('is as helm wants it', () => {
    expect(lint()).toContain('0 chart(s) failed');
  });

  it.each([
    ['as it comes', {}],
    ['with everything', EVERYTHING],
    ['without scaling and policies', { autoscaling: { enabled: false }, networkPolicy: { enabled: false } }],
  ])('%s is taken by a Kubernetes API server, with unknown fields refused', async (_, values) => {
    const resources = render(values);
    expect(resources.length).toBeGreaterThan(15);
    const refusals = await Promise.all(resources.map(refusalOf));
    expect(refusals.filter((refusal) => refusal !== null)).toEqual([]);
  });

  it('would be refused with a misspelt field, or a trigger that KEDA does not know', async () => {
    const resources = render({});
    const deployment = structuredClone(resources.find(({ kind }) => kind === 'Deployment')!);
    Object.assign(deployment.spec as object, { replica: 1 });
    expect(await refusalOf(deployment)).toContain('spec.replica');
    const scaled = structuredClone(resources.find(({ kind }) => kind === 'ScaledObject')!);
    Object.assign(scaled.spec as object, { triggers: [{ metadata: {} }] });
    expect(await refusalOf(scaled)).toContain('triggers[0].type');
  });

  it('makes pods that the security standard `restricted` admits', async () => {
    const pods = podsOf(render(EVERYTHING));
    expect(pods).toHaveLength(stages().length + 2); // workflow, and a worker outside
    // The accounts that they name are not there in a dry run.
    const refusals = await Promise.all(pods.map((pod) => refusalOf(withoutAccount(pod))));
    expect(refusals.filter((refusal) => refusal !== null)).toEqual([]);
    const careless = structuredClone(withoutAccount(pods[0]!));
    (careless.spec as { containers: { securityContext?: object }[] }).containers[0]!.securityContext = {};
    expect(await refusalOf(careless)).toMatch(/violates PodSecurity/);
  });

  it('starts the stages that have tools, and the others when they are asked for', () => {
    const started = (values: object): string[] =>
      render(values)
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ metadata: { name } }) => name.replace(/^sedge-/, ''))
        .filter((name) => name !== 'workflow' && !name.startsWith('worker-'));
    expect(started({}).sort()).toEqual(stagesWithTools());
    expect(started(EVERYTHING).sort()).toEqual(stages());
  });

  it('asks for consumers and a stream that there are', () => {
    const triggers = render(EVERYTHING)
      .filter(({ kind }) => kind === 'ScaledObject')
      .flatMap(({ spec }) => (spec as { triggers: { type: string; metadata: Record<string, string> }[] }).triggers)
      .filter(({ type }) => type === 'nats-jetstream');
    const consumers = [...stages().map(stageConsumer), workerConsumer('judge-value')];
    expect(triggers.map(({ metadata }) => metadata['consumer']).sort()).toEqual(consumers.sort());
    const streams = STREAMS.map(({ name }) => name);
    for (const { metadata } of triggers) expect(streams).toContain(metadata['stream']);
  });

  it.each([
    [{ stages: { training: { cores: 0 } } }, /cores/],
    [{ secret: {} }, /secret/],
    [{ image: { digests: { training: 'latest' } } }, /digests/],
    [{ backends: { s3: { url: 's3.example.com' } } }, /url/],
    [{ workers: { judge: { image: 'judge:latest' } } }, /judge/],
  ])('refuses the settings %j', (values, word) => {
    expect(() => render(values)).toThrow(word);
  });
});

async function installKeda(plane: ControlPlane): Promise<void> {
  const folder = builtServerFolder(KEDA);
  const wanted = readdirSync(folder).filter((name) => /_(scaledobjects|triggerauthentications)\.yaml$/.test(name));
  for (const name of wanted) {
    const definition = parse(readFileSync(join(folder, name), 'utf8')) as object;
    const { status, body } = await plane.call(
      'POST',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      definition,
    );
    if (status >= 300) throw new Error(JSON.stringify(body));
  }
  for (const place of [PLACES['ScaledObject']!, PLACES['TriggerAuthentication']!]) {
    await vi.waitFor(async () => expect((await plane.call('GET', place)).status).toBe(200), 30_000);
  }
}

function podsOf(resources: Resource[]): Resource[] {
  return resources
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata: { name }, spec }) => {
      const { template } = spec as { template: Resource };
      return { ...template, apiVersion: 'v1', kind: 'Pod', metadata: { ...template.metadata, name } };
    });
}

function withoutAccount(pod: Resource): Resource {
  const { serviceAccountName: _, ...spec } = pod.spec as { serviceAccountName?: string };
  return { ...pod, spec };
}
