import { NatsServer, PostgresServer, S3Server, missingServer } from '@sedge/local-servers';

/** What this machine lacks to start them, or null. */
export const missingBackEnd = missingServer('nats-server', 'postgres', 'versitygw');

/** A broker, a database and a store as deployments have them, each of which a test may end and start again. */
export class RealBackEnds {
  private constructor(
    readonly nats: NatsServer,
    readonly postgres: PostgresServer,
    readonly s3: S3Server,
  ) {}

  static async start(): Promise<RealBackEnds> {
    const servers = [NatsServer.start(), PostgresServer.start({ fsync: false }), S3Server.start()] as const;
    return new RealBackEnds(...(await Promise.all(servers)));
  }

  /** The environment by which a process uses them. */
  get settings(): Record<string, string> {
    return {
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: this.nats.url,
      SEDGE_STATE: 'postgres',
      SEDGE_DATABASE_URL: this.postgres.url,
      SEDGE_ARTIFACTS: 's3',
      SEDGE_S3_URL: `${this.s3.url}/artifacts`,
      SEDGE_S3_ACCESS_KEY: this.s3.accessKey,
      SEDGE_S3_SECRET_KEY: this.s3.secretKey,
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.nats.stop(), this.postgres.stop(), this.s3.stop()]);
  }
}
