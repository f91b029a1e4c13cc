import { Injectable } from '@nestjs/common';
import { digestOfBytes, digestOfJson } from '@sedge/artifact-contracts';
import { Transactions, childOf, errorsOf, formatTraceparent, type TraceContext } from '@sedge/service-kit';
import { suggestName } from '@sedge/tool-contracts';
import { randomBytes } from 'node:crypto';
import type { CompiledWorkflow } from '../domain/compiled-workflow.js';
import { ItemGraph } from '../domain/item-graph.js';
import { Mistakes, type Mistake } from '../domain/mistake.js';
import { newItem, type RunItem } from '../domain/run-item.js';
import { resetUnsuccessful } from '../domain/run-progress.js';
import { compileWorkflow } from '../domain/workflow-compiler.js';
import { WORKFLOW_ERRORS } from '../errors.js';
import { inputsOnly } from './active-run.js';
import { RunEngine } from './run-engine.service.js';
import { itemOfRow, type RunRow, type StoredRequest } from './run-row.js';
import { RunRepository, type NewRun } from './run.repository.js';
import { ToolRegistry } from './tool-registry.service.js';

const error = errorsOf(WORKFLOW_ERRORS);

/** What users do with runs: start, cancel, retry. */
@Injectable()
export class RunCommands {
  constructor(
    private readonly transactions: Transactions,
    private readonly runs: RunRepository,
    private readonly tools: ToolRegistry,
    private readonly engine: RunEngine,
  ) {}

  async check(request: StoredRequest): Promise<{ workflow: CompiledWorkflow } | { mistakes: Mistake[] }> {
    const checked = compileWorkflow(request, await this.tools.compileSettings());
    if ('mistakes' in checked) return checked;
    const mistakes = unknownSteps(request.again, checked.workflow);
    return mistakes.length > 0 ? { mistakes } : checked;
  }

  /**
   * Starts a run. The same key and the same request give the same run again.
   * @param asked the span of the request, to whose trace the run belongs
   * @throws WORKFLOW_INVALID with all mistakes, WORKFLOW_IDEMPOTENCY_CONFLICT
   */
  async start(
    request: StoredRequest,
    mode: RunRow['mode'],
    key: string | null,
    asked: TraceContext | null = null,
  ): Promise<{ run: RunRow; workflow: CompiledWorkflow }> {
    const earlier = key === null ? null : await this.repeated(request, key);
    const checked = await this.check(request);
    if ('mistakes' in checked) throw invalid(request.file, checked.mistakes);
    if (earlier !== null) return { run: earlier, workflow: checked.workflow };
    const workflow = mode === 'plan' ? inputsOnly(checked.workflow) : checked.workflow;
    const row = newRow(request, workflow, { mode, key, now: new Date(), asked });
    const items = itemsOf(workflow);
    const isNew = await this.transactions.run((transaction) => this.runs.create(transaction, row, items));
    if (isNew) this.engine.wake(row.id);
    const run = isNew ? await this.runs.find(row.id) : await this.repeated(request, key!);
    return { run: run!, workflow: checked.workflow };
  }

  /** A request that was made before: what came of it. */
  private async repeated(request: StoredRequest, key: string): Promise<RunRow | null> {
    const run = await this.runs.findByKey(key);
    if (run !== null && run.request_digest !== digestOfJson(request)) throw error('WORKFLOW_IDEMPOTENCY_CONFLICT');
    return run;
  }

  /** Its jobs end unless other runs wait for them. Cancelling a run that has ended changes nothing. */
  async cancel(id: string): Promise<RunRow> {
    const run = await this.known(id);
    if (run.state !== 'running') return run;
    await this.engine.change(id, (active, now) => active.leaving.push(...active.progress.cancel(now)));
    return this.known(id);
  }

  /** Runs again what failed, was skipped or cancelled; what succeeded stays. */
  async retry(id: string): Promise<RunRow> {
    const run = await this.known(id);
    if (run.state === 'running') throw error('WORKFLOW_RUN_ACTIVE', { run: id });
    if (run.state === 'succeeded') throw error('WORKFLOW_RUN_COMPLETE', { run: id, state: run.state });
    const items = resetUnsuccessful((await this.runs.items(id)).map(itemOfRow));
    await this.transactions.run(async (transaction) => {
      const revision = await this.runs.advance(transaction, run, {
        state: 'running',
        failure: null,
        finishedAt: null,
        retriedAt: new Date(),
      });
      if (revision === null) throw error('WORKFLOW_RUN_ACTIVE', { run: id });
      await this.runs.saveItems(transaction, id, items, revision);
    });
    this.engine.wake(id);
    return this.known(id);
  }

  private async known(id: string): Promise<RunRow> {
    const run = await this.runs.find(id);
    if (run === null) throw error('WORKFLOW_RUN_UNKNOWN', { run: id });
    return run;
  }
}

/** What is to run again must be there: a name that nothing bears would be passed over in silence. */
function unknownSteps(again: readonly string[], { steps }: CompiledWorkflow): Mistake[] {
  const names = steps.map(({ name }) => name);
  const mistakes = new Mistakes();
  for (const name of again) {
    if (name === '*' || names.includes(name)) continue;
    const place = { file: `--again ${name.slice(0, 100)}`, line: 1, column: 1 };
    mistakes.add('WORKFLOW_AGAIN_UNKNOWN', place, `there is no step '${name.slice(0, 100)}'`, suggestName(name, names));
  }
  return mistakes.list();
}

export function invalid(file: string, mistakes: Mistake[]): Error {
  return error(
    'WORKFLOW_INVALID',
    { file, count: mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes` },
    { mistakes },
  );
}

function newRow(
  request: StoredRequest,
  workflow: CompiledWorkflow,
  more: { mode: RunRow['mode']; key: string | null; now: Date; asked: TraceContext | null },
): NewRun {
  return {
    id: newRunId(more.now),
    mode: more.mode,
    workflow: workflow.name,
    request,
    workflow_digest: digestOfBytes(request.text),
    state: 'running',
    item_count: workflow.itemCount,
    idempotency_key: more.key,
    request_digest: digestOfJson(request),
    traceparent: more.asked && formatTraceparent(childOf(more.asked)),
    request_traceparent: more.asked && formatTraceparent(more.asked),
    created_at: more.now,
  };
}

/** Short enough to be typed, in the order of time, and never given twice: the milliseconds in base 36 and 31 random bits. */
function newRunId(now: Date): string {
  const random = (randomBytes(4).readUInt32BE() >>> 1).toString(36).padStart(6, '0');
  return `${now.getTime().toString(36)}${random}`;
}

export function itemsOf(workflow: CompiledWorkflow): RunItem[] {
  const graph = new ItemGraph(workflow);
  return Array.from({ length: workflow.itemCount }, (_, number) =>
    newItem(number, graph.stepOf(number).name, graph.labelOf(number)),
  );
}
