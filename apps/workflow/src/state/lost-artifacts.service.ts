import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { filesOf, parseArtifactType, type Digest } from '@sedge/artifact-contracts';
import type { ArtifactStoredData } from '@sedge/event-contracts';
import { PeriodicWork, Transactions, type ServiceError } from '@sedge/service-kit';
import { UNHEARD_LIFE_MS } from '../domain/garbage-plan.js';
import { WorkflowConfig } from '../workflow.config.js';
import { ArtifactIndex } from './artifact-index.service.js';
import { ArtifactReader } from './artifact-reader.service.js';

/** An output of a job that ended well, of which the index has not heard. */
interface LostOutput {
  artifact: Digest;
  job: Digest;
  output: string;
  tool: Digest;
  toolName: string;
  toolVersion: string;
  inputs: Record<string, Digest | Digest[]> | null;
}

/**
 * Puts results of jobs into the index whose own event never came: the broker lost it with its disk, or it is a dead letter. All that it would
 * have said is known from the job and from the manifest in the store.
 */
@Injectable()
export class LostArtifacts implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('artifacts');
  private readonly looking = new PeriodicWork(
    () => this.look(),
    (reason) => this.logger.warn(`results of which no event came are not looked for: ${reason}`),
  );
  private isThrough = false;

  constructor(
    private readonly transactions: Transactions,
    private readonly reader: ArtifactReader,
    private readonly index: ArtifactIndex,
    private readonly config: WorkflowConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.looking.start(this.config.reconcileMs);
  }

  onApplicationShutdown(): Promise<void> {
    return this.looking.stop();
  }

  /**
   * Looks at jobs that ended longer ago than an event takes to come. What a look has seen is not looked at again for long; the first one, and
   * one after a fault, goes back as far as a blob waits for its event.
   * @returns the artifacts that are in the index now
   * @throws STORE_UNAVAILABLE
   */
  async find(silentMs: number): Promise<Digest[]> {
    const lost = await this.lostSince(this.isThrough ? 10 * silentMs : UNHEARD_LIFE_MS, silentMs);
    this.isThrough = false;
    const found: Digest[] = [];
    for (const output of lost) if (await this.takeIn(output)) found.push(output.artifact);
    this.isThrough = true;
    return found;
  }

  private async look(): Promise<void> {
    const found = await this.find(this.config.reconcileMs);
    if (found.length === 0) return;
    this.logger.warn(`results of which no event came are in the index now: ${found.length}, such as ${found[0]}`);
  }

  private lostSince(fromMs: number, untilMs: number): Promise<LostOutput[]> {
    return this.transactions.query<LostOutput>(
      `SELECT output.value AS artifact, job.id AS job, output.key AS output, job.tool_digest AS tool, job.tool AS "toolName",
         job.version AS "toolVersion", (SELECT specification -> 'inputs' FROM item WHERE item.job = job.id LIMIT 1) AS inputs
       FROM job, jsonb_each_text(job.outputs) AS output
       WHERE job.state = 'succeeded'
         AND job.finished_at BETWEEN now() - make_interval(secs => $1) AND now() - make_interval(secs => $2)
         AND NOT EXISTS (SELECT 1 FROM artifact WHERE artifact.id = output.value)
         AND NOT EXISTS (SELECT 1 FROM removed_artifact AS removed
           WHERE removed.id = output.value AND removed.removed_at > job.finished_at)`,
      [fromMs / 1000, untilMs / 1000],
    );
  }

  /** @returns whether it is an artifact that is there */
  private async takeIn({ artifact, inputs, ...producedBy }: LostOutput): Promise<boolean> {
    const manifest = await this.reader.manifestOf(artifact).then(
      (read) => read.manifest,
      (fault: ServiceError) => {
        if (fault.code === 'ARTIFACT_UNKNOWN' || fault.code === 'ARTIFACT_DAMAGED') return null;
        throw fault;
      },
    );
    const type = manifest && parseArtifactType(manifest.artifactType);
    if (!type) return false;
    const data: ArtifactStoredData = {
      artifact,
      kind: type.kind,
      kindVersion: type.version,
      sizeBytes: filesOf(manifest).reduce((sum, file) => sum + file.sizeBytes, manifest.config.size),
      derivedFrom: [...new Set(Object.values(inputs ?? {}).flat())],
      producedBy,
    };
    await this.transactions.run((tx) => this.index.add(tx, data));
    this.index.stored(data);
    return true;
  }
}
