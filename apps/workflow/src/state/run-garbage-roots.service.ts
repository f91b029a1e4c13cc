import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { Transactions } from '@sedge/service-kit';
import type { GarbageRoot } from '../domain/garbage-plan.js';
import type { GarbageRoots } from './garbage-roots.js';

/** Runs whose artifacts stay, beside those under way. */
const KEPT_RUNS = 10;

/** Names what runs need: the results of the last ones, and all that runs under way have made or read, or what was made for them. */
@Injectable()
export class RunGarbageRoots implements GarbageRoots {
  constructor(private readonly transactions: Transactions) {}

  async roots(): Promise<GarbageRoot[]> {
    const rows = await this.transactions.query<{ artifact: Digest; run: string; isUnderWay: boolean }>(
      `WITH kept AS (
         SELECT id, state FROM run WHERE state = 'running'
         UNION (SELECT id, state FROM run WHERE mode = 'run' ORDER BY sequence DESC LIMIT ${KEPT_RUNS})
       ), named AS (
         SELECT item.run, kept.state, output.value AS artifact
         FROM kept JOIN item ON item.run = kept.id, jsonb_each_text(item.outputs) AS output
         UNION
         SELECT item.run, kept.state, output.value
         FROM kept JOIN item ON item.run = kept.id AND kept.state = 'running' AND item.state IN ('requested', 'running')
           JOIN job ON job.id = item.job, jsonb_each_text(job.outputs) AS output
         UNION
         SELECT item.run, kept.state, input.value #>> '{}'
         FROM kept JOIN item ON item.run = kept.id,
           jsonb_path_query(item.specification -> 'inputs', '$.* ? (@.type() == "string")') AS input (value)
         UNION
         SELECT item.run, kept.state, input.value #>> '{}'
         FROM kept JOIN item ON item.run = kept.id, jsonb_path_query(item.specification -> 'inputs', '$.*[*]') AS input (value)
       )
       SELECT DISTINCT ON (artifact) artifact, run, state = 'running' AS "isUnderWay" FROM named
       ORDER BY artifact, state = 'running' DESC, run`,
    );
    return rows.map(({ artifact, run, isUnderWay }) => ({
      artifact,
      because: isUnderWay ? `run ${run}, which is under way` : `run ${run}, one of the last ${KEPT_RUNS}`,
    }));
  }
}
