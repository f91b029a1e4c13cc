import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { Transactions } from '@sedge/service-kit';

/** Looks in the artifact index for what `await` steps wait for. */
@Injectable()
export class AwaitedArtifacts {
  constructor(private readonly transactions: Transactions) {}

  /**
   * The artifact of a kind that was stored first among those made, directly or over others, from an artifact. Keeps the garbage collection
   * from it for an hour.
   */
  async firstOf(kind: string, ancestor: Digest): Promise<Digest | null> {
    const [found] = await this.transactions.query<{ id: Digest }>(
      `WITH RECURSIVE made AS (
         SELECT artifact FROM artifact_parent WHERE parent = $2
         UNION SELECT further.artifact FROM artifact_parent AS further JOIN made ON further.parent = made.artifact
       )
       UPDATE artifact SET used_at = now() WHERE id =
         (SELECT id FROM artifact JOIN made ON made.artifact = artifact.id WHERE kind = $1 ORDER BY sequence LIMIT 1)
       RETURNING id`,
      [kind, ancestor],
    );
    return found?.id ?? null;
  }
}
