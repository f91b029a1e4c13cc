import type { AccessFolder } from '@sedge/composition';
import type { Scope } from '@sedge/service-kit';
import type { Party } from '@sedge/event-contracts';
import type { NatsServer, PostgresServer, S3Server } from '@sedge/local-servers';
import type { ServiceProcess } from './service-process.mjs';

export interface TokenRequest {
  subject: string;
  scope?: Scope;
  team?: string | null;
  expiresAt?: Date;
}

export interface ClusterOptions {
  home: string;
  workers?: number | Record<string, number>;
  stages?: string[];
  port?: number;
  inputs?: string[];
  environment?: Record<string, string>;
  teams?: Record<string, string>;
  outsiders?: Party[];
  tls?: boolean;
  fsync?: boolean;
  wire?: (name: string, port: number) => Promise<number>;
  folders?: Partial<Record<'nats' | 'postgres' | 's3', string>>;
  maxWalMb?: number;
  say?: (line: string) => void;
}

export declare const BUCKET: string;
export declare const STAGES: readonly string[];

export declare class Cluster {
  static start(options: ClusterOptions): Promise<Cluster>;
  readonly services: ServiceProcess[];
  readonly home: string;
  readonly url: string;
  readonly access: AccessFolder;
  /** of an administrator */
  readonly token: string;
  readonly tokenFile: string;
  readonly nats: NatsServer;
  readonly postgres: PostgresServer;
  readonly s3: S3Server;
  /** the back ends by the names of their programs */
  readonly servers: Record<'nats-server' | 'postgres' | 'versitygw', NatsServer | PostgresServer | S3Server>;
  copiesOf(service: string): ServiceProcess[];
  add(stage: string): Promise<ServiceProcess>;
  brokerUrlFor(user: string): string;
  brokerOptions(user?: string): { servers: string; user: string; pass: string; inboxPrefix: string };
  /** all that must be seen nowhere */
  secrets(): Promise<string[]>;
  tokenFor(request: TokenRequest): Promise<string>;
  backEndsFor(service: string): Record<string, string>;
  stop(): Promise<void>;
}
