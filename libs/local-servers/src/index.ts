export { makeCertificates, type CertificateOptions, type Certificates } from './certificates.js';
export { ControlPlane, type ClusterAnswer } from './control-plane.js';
export { freePort } from './free-port.js';
export { NatsServer, type NatsServerOptions } from './nats-server.js';
export { PostgresServer, type PostgresServerOptions } from './postgres-server.js';
export { mortally } from './server-process.js';
export { S3Server, type S3ServerOptions } from './s3-server.js';
export {
  GO_SERVERS,
  KEDA,
  KUBERNETES_PROGRAMS,
  builtServerFolder,
  findServer,
  missingServer,
  type GoServer,
  type ServerName,
} from './server-programs.js';
