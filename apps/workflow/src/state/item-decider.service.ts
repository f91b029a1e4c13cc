import { Injectable } from '@nestjs/common';
import { findKind, type Digest } from '@sedge/artifact-contracts';
import type { Transaction } from '@sedge/service-kit';
import {
  CHOSEN_OUTPUT,
  STORED_OUTPUT,
  type CompiledChooseStep,
  type CompiledStep,
  type CompiledStoredInput,
  type CompiledToolStep,
} from '../domain/compiled-workflow.js';
import { jobOfInput, jobOfItem } from '../domain/item-job.js';
import type { ItemOutput } from '../domain/item-graph.js';
import { chooseBest, metricOf, missOf, missingMetric, type Metrics } from '../domain/judgement.js';
import { itemName, type ItemFailure, type ItemJob } from '../domain/run-item.js';
import type { ActiveRun } from './active-run.js';
import { UNHEARD_LIFE_MS } from '../domain/garbage-plan.js';
import { ArtifactIndex, type HeldArtifacts } from './artifact-index.service.js';
import { ArtifactKinds, sentencesOf } from './artifact-kind.service.js';
import { ResultReader, isArtifactFault } from './result-reader.service.js';
import { JobRepository, type KnownJob } from './job.repository.js';
import { StaleRunError } from './run-writer.service.js';
import { ToolRegistry } from './tool-registry.service.js';

interface Wanted {
  number: number;
  job: ItemJob;
}

/** Jobs looked up by one query. */
const LOOKUP = 500;
/** Results verified at once. */
const VERIFIED_AT_ONCE = 16;

const ABSENT = 'it reads an output that its step did not give this time';

/** Decides what becomes of items whose inputs are there: reuse a verified result, ask for a job, choose, or wait. */
@Injectable()
export class ItemDecider {
  constructor(
    private readonly jobs: JobRepository,
    private readonly results: ResultReader,
    private readonly kinds: ArtifactKinds,
    private readonly tools: ToolRegistry,
    private readonly artifacts: ArtifactIndex,
  ) {}

  async decide(active: ActiveRun, ready: readonly number[], now: Date): Promise<void> {
    const wanted: Wanted[] = [];
    for (const number of ready) {
      const step = active.progress.graph.stepOf(number);
      if (active.progress.items[number]!.state !== 'pending') continue;
      if (step.kind === 'await') active.progress.await(number, now);
      else if (step.kind === 'choose') await this.choose(active, number, step, now);
      else if (step.kind === 'stored') await this.takeStored(active, number, step, now);
      else {
        const made = await this.jobOf(active, number);
        if ('failure' in made) active.progress.fail(number, made.failure, now);
        else wanted.push({ number, job: made.job });
      }
    }
    for (let from = 0; from < wanted.length; from += LOOKUP) {
      await this.reuseOrQueue(active, wanted.slice(from, from + LOOKUP), now);
    }
  }

  /** A job gave its outputs: the item has them, unless they are not what their kinds say, or the step expects more of them. */
  async accept(active: ActiveRun, number: number, outputs: Record<string, Digest>, now: Date): Promise<void> {
    const { progress } = active;
    const step = progress.graph.stepOf(number);
    const misfit = await this.misfitOf(step, outputs);
    if (misfit !== null) return progress.fail(number, misfit, now);
    const miss = step.kind === 'tool' && step.expect.length > 0 ? await this.missedBy(step, outputs) : null;
    if (miss === null) return progress.succeed(number, outputs, now);
    progress.items[number]!.outputs = outputs;
    progress.fail(number, miss, now);
    const name = itemName(step.name, progress.items[number]!.label);
    active.failure = { code: miss.code, message: `${name}: ${miss.message}` };
    const reason = { code: 'WORKFLOW_RUN_STOPPED', message: `the run was stopped by ${name}: ${miss.message}` };
    active.leaving.push(...progress.stop(reason, now));
  }

  /** What the run has taken up is there still, and stays. @throws StaleRunError where it was removed since */
  async holdTaken(transaction: Transaction, { id, taken }: ActiveRun): Promise<void> {
    const removed = await this.artifacts.holdWith(transaction, [...taken]);
    if (removed !== null) throw new StaleRunError(`run ${id} took up ${removed}, which was removed just then`);
  }

  /** Stages check outputs of Sedge's own kinds; of those that others registered they know nothing. */
  private async misfitOf(step: CompiledStep, outputs: Record<string, Digest>): Promise<ItemFailure | null> {
    for (const [output, kind] of step.outputs) {
      const artifact = outputs[output];
      if (artifact === undefined || findKind(kind)) continue;
      const content = await this.readable(this.results.contentOf(artifact));
      if ('failure' in content) return content.failure;
      const { type, metadata } = content.read;
      const misfits = type === null ? [] : await this.kinds.misfitsOf(type.kind, type.version, metadata);
      if (misfits.length === 0) continue;
      const message = `the output '${output}' is no ${kind}: ${sentencesOf(misfits)}`;
      return { code: 'WORKFLOW_OUTPUT_INVALID', message };
    }
    return null;
  }

  private async missedBy(step: CompiledToolStep, outputs: Record<string, Digest>): Promise<ItemFailure | null> {
    const wanted = new Set(step.expect.flatMap((expectation) => expectation.candidates.map(({ output }) => output)));
    const metrics = new Map<string, Metrics>();
    for (const output of wanted) {
      const read = await this.metricsOf(outputs[output] ?? null);
      if ('failure' in read) return read.failure;
      metrics.set(output, read.metrics);
    }
    const misses = step.expect.map((expectation) => missOf(expectation, (output) => metrics.get(output) ?? null));
    return misses.find((miss) => miss !== null) ?? null;
  }

  private async jobOf(active: ActiveRun, number: number): Promise<{ job: ItemJob } | { failure: ItemFailure }> {
    const { graph } = active.progress;
    const step = graph.stepOf(number);
    if (step.kind === 'input') return jobOfInput(step, active.id, this.tools.parameters);
    const metrics = new Map<Digest | null, Metrics>();
    for (const source of graph.metricSourcesOf(number)) {
      const read = await this.metricsOf(active.output(source));
      if ('failure' in read) return read;
      metrics.set(active.output(source), read.metrics);
    }
    const known = {
      artifact: (source: ItemOutput) => active.output(source),
      metrics: (source: ItemOutput) => metrics.get(active.output(source)) ?? null,
    };
    return jobOfItem(graph, number, known, this.tools.parameters);
  }

  private async reuseOrQueue(active: ActiveRun, wanted: readonly Wanted[], now: Date): Promise<void> {
    const known = await this.jobs.find(wanted.map(({ job }) => job.id));
    const earlier = await this.artifacts.hold([...known.values()].flatMap(outputsOf));
    for (let from = 0; from < wanted.length; from += VERIFIED_AT_ONCE) {
      const batch = wanted.slice(from, from + VERIFIED_AT_ONCE);
      const faults = await Promise.all(
        batch.map(({ number, job }) => this.faultOf(active, number, known.get(job.id), earlier)),
      );
      for (const [index, { number, job }] of batch.entries()) {
        if (faults[index] === null) take(active, outputsOf(known.get(job.id)!), earlier);
        await this.useKnown(active, { number, job }, known.get(job.id), faults[index]!, now);
      }
    }
  }

  /** @returns null for a result that can be used, `undefined` where there is none, else why it can't */
  private async faultOf(
    active: ActiveRun,
    number: number,
    job: KnownJob | undefined,
    earlier: HeldArtifacts,
  ): Promise<string | null | undefined> {
    if (job?.state !== 'succeeded') return undefined;
    const { again } = active.row.request;
    if (again.includes('*') || again.includes(active.progress.items[number]!.step)) return 'asked to run again';
    for (const artifact of outputsOf(job)) {
      const fault = absenceOf(artifact, job.finished_at!, earlier) ?? (await this.results.faultOf(artifact));
      if (fault !== null) return fault;
    }
    return null;
  }

  private async useKnown(
    active: ActiveRun,
    { number, job }: Wanted,
    known: KnownJob | undefined,
    fault: string | null | undefined,
    now: Date,
  ): Promise<void> {
    const item = active.progress.items[number]!;
    // A missed expectation of an item before this one may have stopped the run.
    if (item.state !== 'pending') return;
    if (fault === null) {
      Object.assign(item, { job, decision: 'reused' });
      await this.accept(active, number, known!.outputs!, now);
      return;
    }
    if (fault !== undefined) active.again.add(job.id);
    const note = fault === undefined ? item.note : `the earlier result is not used: ${fault}`;
    const isUnderWay = known?.state === 'requested' || known?.state === 'running';
    active.progress.queueUp(number, job, isUnderWay ? 'shared' : 'ran', note);
  }

  private async takeStored(active: ActiveRun, number: number, step: CompiledStoredInput, now: Date): Promise<void> {
    const named = await this.artifacts.hold([step.artifact]);
    const isThere = named.held.has(step.artifact);
    const fault = isThere ? await this.results.faultOf(step.artifact) : 'it is not there any more';
    if (fault !== null) {
      const message = `the artifact ${step.artifact} can't be used: ${fault}`;
      return active.progress.fail(number, { code: 'WORKFLOW_INPUT_DAMAGED', message }, now);
    }
    take(active, [step.artifact], named);
    Object.assign(active.progress.items[number]!, { decision: 'reused', note: 'the artifact that is named' });
    active.progress.succeed(number, { [STORED_OUTPUT]: step.artifact }, now);
  }

  private async choose(active: ActiveRun, number: number, step: CompiledChooseStep, now: Date): Promise<void> {
    const { graph, items } = active.progress;
    const values: number[] = [];
    const judged = graph.itemsOf(step.by.step);
    for (const item of judged) {
      const read = await this.metricsOf(active.output({ item, output: step.by.output }));
      if ('failure' in read) return active.progress.fail(number, read.failure, now);
      const value = metricOf(read.metrics, step.by.metric);
      if (value === null) {
        const message = `${itemName(items[item]!.step, items[item]!.label)}: ${missingMetric(step.by.metric, Object.keys(read.metrics ?? {}))}`;
        return active.progress.fail(number, { code: 'WORKFLOW_METRIC_MISSING', message }, now);
      }
      values.push(value);
    }
    const best = chooseBest(values, step.direction)!;
    const chosen = graph.itemsOf(step.from.step)[best]!;
    const name = itemName(items[chosen]!.step, items[chosen]!.label);
    items[number]!.note =
      `chose ${name}: ${step.by.metric} ${values[best]} is the ${step.direction} of ${values.length}`;
    const output = [...step.outputs.keys()][0] ?? CHOSEN_OUTPUT;
    const artifact = active.output({ item: chosen, output: step.from.output });
    if (artifact === null) active.progress.fail(number, { code: 'WORKFLOW_OUTPUT_ABSENT', message: ABSENT }, now);
    else active.progress.succeed(number, { [output]: artifact }, now);
  }

  private async metricsOf(artifact: Digest | null): Promise<{ metrics: Metrics } | { failure: ItemFailure }> {
    if (artifact === null) return { failure: { code: 'WORKFLOW_OUTPUT_ABSENT', message: ABSENT } };
    const metrics = await this.readable(this.results.metricsOf(artifact));
    return 'failure' in metrics ? metrics : { metrics: metrics.read };
  }

  /** What may pass is tried again by whoever called; a damaged artifact stays damaged. */
  private async readable<Read>(reading: Promise<Read>): Promise<{ read: Read } | { failure: ItemFailure }> {
    try {
      return { read: await reading };
    } catch (error) {
      if (!isArtifactFault(error)) throw error;
      return { failure: { code: 'WORKFLOW_REPORT_DAMAGED', message: error.message } };
    }
  }
}

const outputsOf = ({ outputs }: KnownJob): Digest[] => Object.values(outputs ?? {});

/** The write that names them makes sure that they are there still. Of what the index has not heard, nobody removes anything yet. */
function take(active: ActiveRun, artifacts: readonly Digest[], { held }: HeldArtifacts): void {
  for (const artifact of artifacts) if (held.has(artifact)) active.taken.add(artifact);
}

/**
 * Why an artifact can't be relied on although its bytes may be there still, or null. What was made again since it was removed may not have
 * come into the index yet, nor what was made just now: the events of jobs and of artifacts come each in their own time.
 */
function absenceOf(artifact: Digest, madeAt: Date, { held, removedAt }: HeldArtifacts): string | null {
  if (held.has(artifact)) return null;
  const removed = removedAt.get(artifact);
  if (removed !== undefined && removed > madeAt) return `the artifact ${artifact} was removed`;
  const isLost = Date.now() - madeAt.getTime() > UNHEARD_LIFE_MS;
  return isLost ? `the artifact ${artifact} never came into the index` : null;
}
