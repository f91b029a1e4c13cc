import { Injectable } from '@nestjs/common';
import { digestOfBytes, digestOfJson } from '@sedge/artifact-contracts';
import { Transactions, childOf, errorsOf, formatTraceparent, type TraceContext } from '@sedge/service-kit';
import { suggestName } from '@sedge/tool-contracts';
import { randomBytes } from 'node:crypto';
import { INPUT_KIND, STORED_OUTPUT, type CompiledWorkflow } from '../domain/compiled-workflow.js';
import { ItemGraph } from '../domain/item-graph.js';
import { Mistakes, type Mistake } from '../domain/mistake.js';
import { newItem, type RunItem } from '../domain/run-item.js';
import { resetUnsuccessful, type RunState } from '../domain/run-progress.js';
import { compileWorkflow } from '../domain/workflow-compiler.js';
import { WORKFLOW_ERRORS } from '../errors.js';
import { inputsOnly } from './active-run.js';
import { ArtifactIndex } from './artifact-index.service.js';
import { RunEngine } from './run-engine.service.js';
import { itemOfRow, type RunCommand, type RunRow, type StoredRequest } from './run-row.js';
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
    private readonly artifacts: ArtifactIndex,
  ) {}

  async check(request: StoredRequest): Promise<{ workflow: CompiledWorkflow } | { mistakes: Mistake[] }> {
    const checked = compileWorkflow(request, await this.tools.compileSettings());
    if ('mistakes' in checked) return checked;
    const mistakes = [...unknownSteps(request.again, checked.workflow), ...(await this.badInputs(checked.workflow))];
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

  /** Artifacts that inputs name must be there, and stay until the run holds them. */
  private async badInputs({ steps }: CompiledWorkflow): Promise<Mistake[]> {
    const mistakes = new Mistakes();
    for (const step of steps) {
      if (step.kind !== 'stored') continue;
      const kind = await this.artifacts.take(step.artifact);
      const what = `the artifact ${step.artifact}, which the input '${step.name.replace(/^inputs\./, '')}' names,`;
      const mend = 'list those that it can be: npx sedge artifacts list --kind source; or give the path of the data';
      if (kind === null) mistakes.add('WORKFLOW_ARTIFACT_UNKNOWN', step.place, `${what} is not there`, mend);
      else if (kind !== INPUT_KIND) {
        const message = `${what} is of the kind ${kind}, and inputs are of the kind ${INPUT_KIND}`;
        mistakes.add('WORKFLOW_KIND_MISMATCH', step.place, message, mend);
      }
    }
    return mistakes.list();
  }

  /** A request that was made before: what came of it. */
  private async repeated(request: StoredRequest, key: string): Promise<RunRow | null> {
    const run = await this.runs.findByKey(key);
    const isOther =
      run === null ? (await this.runs.findCommand(key)) !== null : run.request_digest !== digestOfJson(request);
    if (isOther) throw error('WORKFLOW_IDEMPOTENCY_CONFLICT');
    return run;
  }

  /**
   * Its jobs end unless other runs wait for them. Cancelling a run that has ended changes nothing, nor does the same key once more.
   * @throws WORKFLOW_IDEMPOTENCY_CONFLICT, WORKFLOW_CANCEL_DELAYED
   */
  async cancel(id: string, key: string | null = null): Promise<void> {
    const command = key === null ? null : ({ key, run: id, name: 'cancel' } as const);
    if (await this.isCarriedOut(command)) return;
    if ((await this.stateOf(id)) === 'running') {
      const isDone = await this.engine.change(id, (active, now) => {
        active.leaving.push(...active.progress.cancel(now));
        if (command) active.commands.push(command);
      });
      if (!isDone) throw error('WORKFLOW_CANCEL_DELAYED', { run: id });
    }
    // A run that had ended by itself: were it retried, the same request must not end that.
    if (command && (await this.stateOf(id)) !== 'running') {
      await this.transactions.run((transaction) => this.runs.noteCommand(transaction, command));
    }
  }

  /**
   * Runs again what failed, was skipped or cancelled; what succeeded stays. The same key once more changes nothing.
   * @throws WORKFLOW_RUN_ACTIVE, WORKFLOW_RUN_COMPLETE, WORKFLOW_IDEMPOTENCY_CONFLICT
   */
  async retry(id: string, key: string | null = null): Promise<void> {
    const command = key === null ? null : ({ key, run: id, name: 'retry' } as const);
    if (await this.isCarriedOut(command)) return;
    try {
      await this.goOn(await this.known(id), command);
    } catch (fault) {
      // A request with the same key may have come just before this one.
      if (!(await this.isCarriedOut(command))) throw fault;
    }
  }

  private async goOn(run: RunRow, command: RunCommand | null): Promise<void> {
    const { id, state } = run;
    if (state === 'running') throw error('WORKFLOW_RUN_ACTIVE', { run: id });
    if (state === 'succeeded') throw error('WORKFLOW_RUN_COMPLETE', { run: id, state });
    const known = (await this.runs.items(id)).map(itemOfRow);
    const { held } = await this.artifacts.hold(known.flatMap(({ outputs }) => Object.values(outputs ?? {})));
    const items = resetUnsuccessful(known, (output) => held.has(output));
    const change = { state: 'running', failure: null, finishedAt: null, retriedAt: new Date() } as const;
    await this.transactions.run(async (transaction) => {
      const revision = await this.runs.advance(transaction, run, change);
      if (revision === null) throw error('WORKFLOW_RUN_ACTIVE', { run: id });
      const isFirst = command === null || (await this.runs.noteCommand(transaction, command));
      if (!isFirst) throw error('WORKFLOW_IDEMPOTENCY_CONFLICT');
      await this.runs.saveItems(transaction, id, items, revision);
    });
    this.engine.wake(id);
  }

  /** Whether a command with the same key was carried out before. @throws WORKFLOW_IDEMPOTENCY_CONFLICT where the key is that of another request */
  private async isCarriedOut(command: RunCommand | null): Promise<boolean> {
    if (command === null) return false;
    const { key, run, name } = command;
    const earlier = await this.runs.findCommand(key);
    const isOther = earlier ? earlier.run !== run || earlier.name !== name : (await this.runs.findByKey(key)) !== null;
    if (isOther) throw error('WORKFLOW_IDEMPOTENCY_CONFLICT');
    return earlier !== null;
  }

  private async known(id: string): Promise<RunRow> {
    const run = await this.runs.find(id);
    if (run === null) throw error('WORKFLOW_RUN_UNKNOWN', { run: id });
    return run;
  }

  private async stateOf(id: string): Promise<RunState> {
    const state = await this.runs.stateOf(id);
    if (state === null) throw error('WORKFLOW_RUN_UNKNOWN', { run: id });
    return state;
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
  return Array.from({ length: workflow.itemCount }, (_, number) => {
    const step = graph.stepOf(number);
    const item = newItem(number, step.name, graph.labelOf(number));
    // Named from the start, so that the garbage collection knows that the run holds it.
    return step.kind === 'stored' ? { ...item, outputs: { [STORED_OUTPUT]: step.artifact } } : item;
  });
}
