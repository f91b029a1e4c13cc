import { Inject, Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { HOST, type Host } from '../host.js';
import { Transactions, type Transaction } from '../state/transactions.service.js';

/** A copy that has said nothing for so long is dead: it says what it has three times as often. */
const DEAD_AFTER_S = 90;
export const SAY_EVERY_MS = (DEAD_AFTER_S * 1000) / 3;

const IS_ALIVE = `seen_at > now() - interval '${DEAD_AFTER_S} s'`;

/**
 * A condition on rows of `job`: this copy has the tool, by its digest, or no living copy has it. What another version of the stage can do is
 * left to it.
 * @param worker place of the parameter that names this copy, e.g. `$2`
 */
export const isForThisCopy = (worker: string): string =>
  `NOT (EXISTS (SELECT 1 FROM tool_copy WHERE tool_copy.digest = job.tool_digest AND ${IS_ALIVE})
    AND NOT EXISTS (SELECT 1 FROM tool_copy WHERE tool_copy.digest = job.tool_digest AND tool_copy.worker = ${worker}))`;

export interface LivingTools {
  names: ReadonlySet<string>;
  digests: ReadonlySet<string>;
}

/** What each copy of the stage has, told by itself. */
@Injectable()
export class ToolCopies {
  constructor(
    private readonly transactions: Transactions,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** Notes what this copy has now, and forgets the dead. @returns what living copies have, this one included */
  async note(transaction: Transaction, tools: readonly { name: string; digest: Digest }[]): Promise<LivingTools> {
    const { worker, isAlone } = this.host;
    const names = tools.map(({ name }) => name);
    await transaction.query(
      `INSERT INTO tool_copy (worker, name, digest) SELECT $1, name, digest FROM unnest($2::text[], $3::text[]) AS own (name, digest)
       ON CONFLICT (worker, name) DO UPDATE SET digest = excluded.digest, seen_at = now()`,
      [worker, names, tools.map(({ digest }) => digest)],
    );
    // What another copy is just forgetting is passed over: two that wait for each other would help nobody.
    await transaction.query(
      `DELETE FROM tool_copy WHERE (worker, name) IN (
         SELECT worker, name FROM tool_copy
         WHERE CASE WHEN worker = $1 THEN name <> ALL ($2::text[]) ELSE $3 OR NOT ${IS_ALIVE} END
         FOR UPDATE SKIP LOCKED)`,
      [worker, names, isAlone],
    );
    const rows = await transaction.query<{ name: string; digest: string }>(
      `SELECT name, digest FROM tool_copy WHERE worker = $1 OR ${IS_ALIVE}`,
      [worker],
    );
    return { names: new Set(rows.map(({ name }) => name)), digests: new Set(rows.map(({ digest }) => digest)) };
  }

  /** This copy ends. */
  async leave(): Promise<void> {
    await this.transactions.query('DELETE FROM tool_copy WHERE worker = $1', [this.host.worker]);
  }
}
