import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { Transactions } from '@sedge/service-kit';
import type { GarbageRoot } from '../domain/garbage-plan.js';
import type { GarbageRoots } from './garbage-roots.js';

/** Runs whose artifacts stay, beside those under way. */
const KEPT_RUNS = 10;

/** Names what runs need: the results of the last ones, and all that runs under way have made or read. */
@Injectable()
export class RunGarbageRoots implements GarbageRoots {
  constructor(private readonly transactions: Transactions) {}

  async roots(): Promise<GarbageRoot[]> {
    const rows = await this.transactions.query<{ artifact: Digest; run: string; state: string }>(
      `WITH kept AS (
         SELECT id, state FROM run WHERE state = 'running'
         UNION (SELECT id, state FROM run WHERE mode = 'run' ORDER BY sequence DESC LIMIT ${KEPT_RUNS})
       ), named AS (
         SELECT item.run, kept.state, output.value AS artifact
         FROM kept JOIN item ON item.run = kept.id, jsonb_each_text(item.outputs) AS output
         UNION
         SELECT item.run, kept.state, input.value #>> '{}'
         FROM kept JOIN item ON item.run = kept.id,
           jsonb_path_query(item.specification -> 'inputs', '$.* ? (@.type() == "string")') AS input (value)
         UNION
         SELECT item.run, kept.state, input.value #>> '{}'
         FROM kept JOIN item ON item.run = kept.id, jsonb_path_query(item.specification -> 'inputs', '$.*[*]') AS input (value)
       )
       SELECT artifact, min(run) AS run, min(state) AS state FROM named GROUP BY artifact`,
    );
    return rows.map(({ artifact, run, state }) => ({
      artifact,
      because: state === 'running' ? `run ${run}, which is under way` : `run ${run}, one of the last ${KEPT_RUNS}`,
    }));
  }
}
