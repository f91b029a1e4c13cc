import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ToolUnavailableError } from '@sedge/ports';
import type { KubernetesAccess } from './kubernetes-api.js';

const MOUNTED_AT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access as the service account of the pod that this process runs in.
 * @throws ToolUnavailableError outside of a cluster
 */
export function serviceAccount(): KubernetesAccess {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env;
  const file = (name: string): string => join(MOUNTED_AT, name);
  if (host === undefined || !existsSync(file('token'))) {
    const mend = 'start the service in a pod with a service account that may run jobs, or unset SEDGE_CONTAINERS';
    throw new ToolUnavailableError('KUBERNETES_MISSING', 'this process runs in no pod with a service account', mend);
  }
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace: readFileSync(file('namespace'), 'utf8').trim(),
    tokenFile: file('token'),
    caFile: file('ca.crt'),
  };
}
