import type { CompiledStep, CompiledToolStep, CompiledWorkflow, StepOutput } from './compiled-workflow.js';
import { ArtifactHole, EachHole, MetricHole, entryOfEach, holesOf, type Template } from './template.js';

/** An output of one item. */
export interface ItemOutput {
  item: number;
  output: string;
}

/** The inputs of one item: by name one output, or a list of them. */
export type ItemInputs = Record<string, ItemOutput | ItemOutput[]>;

/**
 * The items of a workflow and which item reads which. What an item reads follows from its position on the axes of its step; only who waits
 * for whom is stored, as two flat arrays, so that 20,000 items take a few hundred kilobytes.
 */
export class ItemGraph {
  /** how many different items each item waits for */
  readonly dependencyCounts: Int32Array;
  private readonly stepOfItem: Int32Array;
  /** items that wait for item i: `waiting[waitingStart[i]] … waiting[waitingStart[i + 1] - 1]` */
  private readonly waitingStart: Int32Array;
  private readonly waiting: Int32Array;

  constructor(readonly workflow: CompiledWorkflow) {
    const count = workflow.itemCount;
    this.stepOfItem = new Int32Array(count);
    for (const step of workflow.steps) this.stepOfItem.fill(step.index, step.firstItem, step.firstItem + step.size);
    this.dependencyCounts = new Int32Array(count);
    this.waitingStart = new Int32Array(count + 1);
    for (let item = 0; item < count; item++) {
      const read = this.dependenciesOf(item);
      this.dependencyCounts[item] = read.length;
      for (const source of read) this.waitingStart[source + 1]!++;
    }
    for (let item = 0; item < count; item++) this.waitingStart[item + 1]! += this.waitingStart[item]!;
    this.waiting = new Int32Array(this.waitingStart[count]!);
    const next = this.waitingStart.slice();
    for (let item = 0; item < count; item++) {
      for (const source of this.dependenciesOf(item)) this.waiting[next[source]!++] = item;
    }
  }

  stepOf(item: number): CompiledStep {
    return this.workflow.steps[this.stepOfItem[item]!]!;
  }

  /** e.g. `seed=2,noise=0.1`; empty for the only item of a step */
  labelOf(item: number): string {
    const step = this.stepOf(item);
    const positions = positionsOf(step, item - step.firstItem);
    return step.axes
      .map((axis, index) => axis.labels[positions[index]!]!)
      .filter((label) => label !== '')
      .join(',');
  }

  /** Position of an item on the axis that its step itself brings in. */
  ownPosition(step: CompiledToolStep, item: number): number {
    return step.ownAxis === null ? 0 : positionsOf(step, item - step.firstItem)[step.ownAxis]!;
  }

  dependentsOf(item: number): Int32Array {
    return this.waiting.subarray(this.waitingStart[item]!, this.waitingStart[item + 1]!);
  }

  /** The items that an item waits for, each once, ascending. */
  dependenciesOf(item: number): number[] {
    const step = this.stepOf(item);
    if (step.kind === 'input' || step.kind === 'stored') return [];
    if (step.kind === 'await') return [this.sourceOf(item, step.derivedFrom).item];
    if (step.kind === 'choose') return distinct([...this.itemsOf(step.from.step), ...this.itemsOf(step.by.step)]);
    const bound = Object.values(this.inputsOf(item)).flat();
    const read = [...bound.map((source) => source.item), ...this.metricSourcesOf(item).map((source) => source.item)];
    return distinct(read);
  }

  inputsOf(item: number): ItemInputs {
    const step = this.stepOf(item) as CompiledToolStep;
    const inputs: ItemInputs = {};
    for (const { name, form, sources } of step.inputs) {
      const outputs = sources.map((source) => ('each' in source ? this.eachSource(step, item, source.each) : source));
      if (form === 'all')
        inputs[name] = outputs.flatMap((source) =>
          this.itemsOf(source.step).map((one) => ({ item: one, output: source.output })),
        );
      else if (form === 'list') inputs[name] = outputs.map((source) => this.sourceOf(item, source));
      else inputs[name] = this.sourceOf(item, outputs[0]!);
    }
    return inputs;
  }

  /** The reports whose numbers go into the parameters of an item. */
  metricSourcesOf(item: number): ItemOutput[] {
    const step = this.stepOf(item) as CompiledToolStep;
    const each = step.each?.[this.eachIndex(step, item)] ?? null;
    const holes = (template: Template): MetricHole[] =>
      holesOf(template).flatMap((hole) => {
        if (hole instanceof EachHole) return holes(entryOfEach(each, hole.key) ?? null);
        return hole instanceof MetricHole ? [hole] : [];
      });
    return holes(step.parameters).map((hole) => this.sourceOf(item, hole.source));
  }

  /** The item of another step that an item reads: the one at the same position on the axes that both have. */
  sourceOf(item: number, source: StepOutput): ItemOutput {
    const reader = this.stepOf(item);
    const step = this.workflow.steps[source.step]!;
    if (step.axes.length === 0) return { item: step.firstItem, output: source.output };
    const positions = positionsOf(reader, item - reader.firstItem);
    const local = step.axes.reduce((index, axis) => {
      const at = reader.axes.findIndex((other) => other.owner === axis.owner);
      return index * axis.size + positions[at]!;
    }, 0);
    return { item: step.firstItem + local, output: source.output };
  }

  itemsOf(stepIndex: number): number[] {
    const { firstItem, size } = this.workflow.steps[stepIndex]!;
    return Array.from({ length: size }, (_, local) => firstItem + local);
  }

  private eachSource(step: CompiledToolStep, item: number, key: string | null): StepOutput {
    const entry = entryOfEach(step.each![this.eachIndex(step, item)]!, key);
    return (entry as ArtifactHole).source;
  }

  private eachIndex(step: CompiledToolStep, item: number): number {
    const perItem = step.sweep.reduce((product, { values }) => product * values.length, 1);
    return Math.floor(this.ownPosition(step, item) / perItem);
  }
}

/** An item's position on each axis of its step: item 5 of axes [2, 3] stands at [1, 2]. */
function positionsOf(step: CompiledStep, local: number): number[] {
  const positions = new Array<number>(step.axes.length);
  let rest = local;
  for (let index = step.axes.length - 1; index >= 0; index--) {
    const { size } = step.axes[index]!;
    positions[index] = rest % size;
    rest = Math.floor(rest / size);
  }
  return positions;
}

function distinct(items: number[]): number[] {
  return items.length < 2 ? items : [...new Set(items)].sort((a, b) => a - b);
}
