import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { ToolRegisteredData, ToolRemovedData } from '@sedge/event-contracts';
import { DeadLetterError } from '@sedge/ports';
import { Transactions, type Transaction } from '@sedge/service-kit';
import type { RegisteredTool, ToolDefinition } from '@sedge/tool-contracts';

interface ToolRow {
  digest: Digest;
  definition: ToolDefinition;
  machine: Record<string, string>;
  stage_url: string | null;
  registered_at: Date;
}

export interface KnownTool extends RegisteredTool {
  stageUrl: string | null;
  registeredAt: Date;
}

/** The tools that stages have registered. */
@Injectable()
export class ToolRepository {
  constructor(private readonly transactions: Transactions) {}

  /** The tools that there are. */
  async all(): Promise<KnownTool[]> {
    const rows = await this.transactions.query<ToolRow>('SELECT * FROM tool ORDER BY name, version');
    return rows.map(toolOf);
  }

  /** These, and those that their stages took back: a tool whose server was down for a moment comes again. */
  async allEver(): Promise<KnownTool[]> {
    const removed = await this.transactions.query<ToolRow>('SELECT * FROM removed_tool ORDER BY name, version');
    return [...(await this.all()), ...removed.map(toolOf)];
  }

  /** @returns whether the tool is new, or another one than before */
  async register(transaction: Transaction, { tool, stageUrl }: ToolRegisteredData): Promise<boolean> {
    const { name, version, stage } = tool.definition;
    await this.assertNotAnothers(transaction, name, stage);
    const [before] = await transaction.query<{ digest: string; isSame: boolean }>(
      'SELECT machine = $3::jsonb AND digest = $4 AS "isSame" FROM tool WHERE name = $1 AND version = $2',
      [name, version, JSON.stringify(tool.machine), tool.digest],
    );
    // A stage has one version of each of its tools: the one before can't be run any more.
    await transaction.query('DELETE FROM tool WHERE name = $1 AND version <> $2 AND stage = $3', [
      name,
      version,
      stage,
    ]);
    await transaction.query('DELETE FROM removed_tool WHERE name = $1', [name]);
    await transaction.query(
      `INSERT INTO tool (name, version, stage, digest, definition, machine, stage_url) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (name, version) DO UPDATE SET stage = excluded.stage, digest = excluded.digest, definition = excluded.definition,
         machine = excluded.machine, stage_url = excluded.stage_url, registered_at = now()`,
      [name, version, stage, tool.digest, JSON.stringify(tool.definition), JSON.stringify(tool.machine), stageUrl],
    );
    return before?.isSame !== true;
  }

  /** A tool's name is its stage's until that takes it back. */
  private async assertNotAnothers(transaction: Transaction, name: string, stage: string): Promise<void> {
    const [other] = await transaction.query<{ stage: string }>(
      'SELECT stage FROM tool WHERE name = $1 AND stage <> $2 LIMIT 1',
      [name, stage],
    );
    if (!other) return;
    const message = `${stage} registers the tool ${name}, which is one of ${other.stage}; remove it there first, then send this again`;
    throw new DeadLetterError('tool-of-another-stage', message);
  }

  /** Only the stage that registered a tool can take it back. */
  async remove(transaction: Transaction, { name, version, stage }: ToolRemovedData): Promise<void> {
    await transaction.query(
      `WITH removed AS (DELETE FROM tool WHERE name = $1 AND version = $2 AND stage = $3 RETURNING *)
       INSERT INTO removed_tool SELECT * FROM removed`,
      [name, version, stage],
    );
  }
}

const toolOf = ({ digest, definition, machine, stage_url, registered_at }: ToolRow): KnownTool => ({
  digest,
  definition,
  machine,
  stageUrl: stage_url,
  registeredAt: registered_at,
});
