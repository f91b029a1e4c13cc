import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { ActiveRun } from './active-run.js';
import { RunLoader } from './run-loader.service.js';
import { RunWriter } from './run-writer.service.js';

type Change = (active: ActiveRun, now: Date) => void;

/** The runs that this process has in memory, and changes that wait for their turn. Forgetting a run loses nothing: it is read again. */
@Injectable()
export class RunMemory {
  private readonly runs = new Map<string, ActiveRun>();
  private readonly changes = new Map<string, Change[]>();
  private readonly resumed = new Set<string>();

  constructor(
    private readonly loader: RunLoader,
    private readonly writer: RunWriter,
  ) {}

  /** Another process may have died with requests of this run under way: they are made once more when it is loaded. */
  markResumed(run: string): void {
    this.resumed.add(run);
  }

  /** @returns null when the run has ended, or can't go on with the tools of now: then it has failed */
  async load(run: string): Promise<ActiveRun | null> {
    const active = this.runs.get(run) ?? (await this.read(run));
    for (const change of this.takeChanges(run)) if (active) change(active, new Date());
    return active;
  }

  private async read(run: string): Promise<ActiveRun | null> {
    const loaded = await this.loader.load(run);
    if (loaded === null) return null;
    if ('mistakes' in loaded) {
      const [first] = loaded.mistakes;
      const failure = { code: 'WORKFLOW_TOOLS_CHANGED', message: `${first!.message} (${first!.mend})` };
      await this.writer.giveUp(loaded.row, loaded.items, failure, new Date());
      return null;
    }
    this.runs.set(run, loaded);
    if (this.resumed.delete(run)) loaded.renewRequests = true;
    return loaded;
  }

  addChange(run: string, change: Change): void {
    this.changes.set(run, [...(this.changes.get(run) ?? []), change]);
  }

  hasChanges(run: string): boolean {
    return this.changes.has(run);
  }

  private takeChanges(run: string): Change[] {
    const changes = this.changes.get(run) ?? [];
    this.changes.delete(run);
    return changes;
  }

  all(): ActiveRun[] {
    return [...this.runs.values()];
  }

  has(run: string): boolean {
    return this.runs.has(run);
  }

  forget(run: string): void {
    this.runs.delete(run);
  }

  waitingFor(job: Digest): string[] {
    return this.all()
      .filter((active) => active.progress.waiting.has(job))
      .map((active) => active.id);
  }
}
