import { Injectable } from '@nestjs/common';
import { errorsOf } from '@sedge/service-kit';
import { runPage, runView, type ItemView, type RunPage, type RunView } from '../domain/run-view.js';
import { whyOf, type Why } from '../domain/run-reasons.js';
import { WORKFLOW_ERRORS } from '../errors.js';
import { RunFeed } from './run-feed.service.js';
import { itemOfRow, type ItemRow, type RunRow } from './run-row.js';
import { RunRepository } from './run.repository.js';

const error = errorsOf(WORKFLOW_ERRORS);
/** Between looks at a run that another copy of this service may finish. */
const LOOK_MS = 1000;

/** What users ask about runs. */
@Injectable()
export class RunQueries {
  constructor(
    private readonly runs: RunRepository,
    private readonly feed: RunFeed,
  ) {}

  /** Runs, newest first. @throws WORKFLOW_CURSOR_INVALID */
  async list(limit: number, cursor: string | null): Promise<RunPage> {
    if (cursor !== null && !/^\d{1,18}$/.test(cursor)) throw error('WORKFLOW_CURSOR_INVALID');
    const rows = await this.runs.list(limit + 1, cursor);
    const shown = rows.slice(0, limit);
    const counts = await this.runs.countStates(shown.map((row) => row.id));
    return runPage(shown, counts, rows.length > limit ? shown.at(-1)!.sequence : null);
  }

  /** @throws WORKFLOW_RUN_UNKNOWN */
  async row(id: string): Promise<RunRow> {
    const row = await this.runs.find(id);
    if (row === null) throw error('WORKFLOW_RUN_UNKNOWN', { run: id });
    return row;
  }

  async show(id: string): Promise<RunView> {
    const row = await this.row(id);
    return runView(row, (await this.runs.items(id)).map(itemOfRow), this.feed);
  }

  itemRows(id: string, afterRevision?: string): Promise<ItemRow[]> {
    return this.runs.items(id, afterRevision);
  }

  async why(id: string): Promise<Why> {
    const row = await this.row(id);
    const items = (await this.runs.items(id)).map(itemOfRow);
    const previous = await this.runs.previousItems(row);
    return whyOf(
      id,
      items,
      previous.map((old) => ({ run: old.run, item: itemOfRow(old) })),
    );
  }

  /** The item whose log is wanted. @throws WORKFLOW_STEP_UNKNOWN */
  async itemWithJob(id: string, step: string, label: string | null): Promise<ItemView & { stage: string }> {
    const view = await this.show(id);
    const found = view.items.find(
      (item) =>
        item.job !== null && (item.name === step || (item.step === step && (label ?? item.label) === item.label)),
    );
    if (!found) throw error('WORKFLOW_STEP_UNKNOWN', { run: id, step: label === null ? step : `${step}[${label}]` });
    return found as ItemView & { stage: string };
  }

  /** Waits for a run's end. @returns null when it takes longer */
  async ended(id: string, timeoutMs: number): Promise<RunRow | null> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const change = this.nextChange(id);
      if ((await this.runs.stateOf(id)) !== 'running') return change.stop(await this.row(id));
      if (Date.now() > deadline) return change.stop(null);
      await change.happened;
    }
  }

  private nextChange(id: string): { happened: Promise<void>; stop<Value>(value: Value): Value } {
    let stop = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      const timer = setTimeout(() => stop(), LOOK_MS);
      const end = this.feed.onChange(id, () => stop());
      stop = () => {
        clearTimeout(timer);
        end();
        resolve();
      };
    });
    return {
      happened,
      stop: (value) => {
        stop();
        return value;
      },
    };
  }
}
