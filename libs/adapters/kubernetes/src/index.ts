export type { KubernetesAccess } from './kubernetes-api.js';
export { KubernetesRunner } from './kubernetes.runner.js';
export { serviceAccount } from './service-account.js';
export type { ClusterPlace } from './tool-job.js';
