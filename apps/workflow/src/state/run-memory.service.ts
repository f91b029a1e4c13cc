import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { ActiveRun } from './active-run.js';
import { RunLoader } from './run-loader.service.js';
import { RunWriter } from './run-writer.service.js';

/** Something that is done to a run between two steps. It waits until a step has written it down: one that fails takes nothing with it. */
interface Change {
  work: (active: ActiveRun, now: Date) => void;
  /** the run in memory that has it, which may be forgotten before it is written */
  appliedTo: ActiveRun | null;
  onDone: () => void;
}

/** The runs that this process has in memory, and changes that wait to be written down. Forgetting a run loses nothing: it is read again. */
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
    if (active === null) this.endChanges(run, () => true);
    else for (const change of this.changes.get(run) ?? []) apply(change, active);
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

  /** @param onDone is called once the change is written down, or the run has ended */
  addChange(run: string, work: Change['work'], onDone: () => void): void {
    this.changes.set(run, [...(this.changes.get(run) ?? []), { work, appliedTo: null, onDone }]);
  }

  hasChanges(run: string): boolean {
    return this.changes.has(run);
  }

  /** A step of a run was written down, with the changes that the run had. */
  written(active: ActiveRun): void {
    this.endChanges(active.id, ({ appliedTo }) => appliedTo === active);
  }

  private endChanges(run: string, isOver: (change: Change) => boolean): void {
    const changes = this.changes.get(run) ?? [];
    const left = changes.filter((change) => !isOver(change));
    if (left.length > 0) this.changes.set(run, left);
    else this.changes.delete(run);
    for (const change of changes) if (!left.includes(change)) change.onDone();
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

function apply(change: Change, active: ActiveRun): void {
  if (change.appliedTo === active) return;
  change.work(active, new Date());
  change.appliedTo = active;
}
