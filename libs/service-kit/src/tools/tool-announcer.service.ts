import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HOST, type Host } from '../host.js';
import { Transactions } from '../state/transactions.service.js';
import { ToolCatalog } from './tool-catalog.service.js';
import { SAY_EVERY_MS, ToolCopies } from './tool-copies.service.js';
import { ToolOffers } from './tool-offers.service.js';

/** Tells everyone which tools the stage has: at the start, and whenever that changes. */
@Injectable()
export class ToolAnnouncer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('tools');
  /** Each start announces all once more, for services that have lost or never had the list. */
  private readonly announced = new Map<string, string>();
  private refreshing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly catalog: ToolCatalog,
    private readonly copies: ToolCopies,
    private readonly transactions: Transactions,
    private readonly offers: ToolOffers,
    @Inject(HOST) private readonly host: Host,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.announce();
    this.timer = setInterval(() => void this.refresh(), SAY_EVERY_MS).unref();
  }

  /** What only this copy could do need not wait for it. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.refreshing;
    await this.copies.leave().catch((error: Error) => this.logger.warn(`tools not taken back: ${error.message}`));
  }

  /** Looks again at tools that may have changed, and tells of what did. */
  refresh(): Promise<void> {
    this.refreshing = this.refreshing.then(async () => {
      await this.catalog.lookAgain();
      await this.announce();
    });
    this.refreshing = this.refreshing.catch((error: Error) =>
      this.logger.warn(`tools of ${this.catalog.stageName()} not refreshed: ${error.message}`),
    );
    return this.refreshing;
  }

  /**
   * Announces what is new or changed since the last time, by this process or one before, and what is gone. Another version of the stage may
   * have other tools: what one of its copies announced stands for as long as a copy lives that has it.
   */
  private async announce(): Promise<void> {
    const stage = this.catalog.stageName();
    await this.offers.renew();
    const tools = this.catalog.all().map(({ registered }) => registered);
    await this.transactions.run(async (transaction) => {
      const rows = await transaction.query<{ name: string; version: string; digest: string }>(
        'SELECT name, version, digest FROM tool FOR UPDATE',
      );
      const known = new Map(rows.map(({ name, digest }) => [name, digest]));
      const own = tools.map(({ definition, digest }) => ({ name: definition.name, digest }));
      const living = await this.copies.note(transaction, own);
      for (const tool of tools) {
        const { name, version } = tool.definition;
        const stands = known.has(name) && living.digests.has(known.get(name)!);
        if (stands && this.announced.get(name) === tool.digest) continue;
        await transaction.query(
          `INSERT INTO tool (name, version, digest) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET version = excluded.version, digest = excluded.digest`,
          [name, version, tool.digest],
        );
        transaction.publish('sedge.tool.registered.v1', tool.digest, { tool, stageUrl: this.host.serviceUrl });
        this.announced.set(name, tool.digest);
      }
      for (const { name, version, digest } of rows.filter((row) => !living.names.has(row.name))) {
        await transaction.query('DELETE FROM tool WHERE name = $1', [name]);
        transaction.publish('sedge.tool.removed.v1', digest, { name, version, stage });
        this.announced.delete(name);
      }
    });
  }
}
