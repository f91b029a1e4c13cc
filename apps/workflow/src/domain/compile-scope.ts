import type { Axis, CompiledStep, StepOutput } from './compiled-workflow.js';
import type { CompileLimits } from './compile-limits.js';
import type { Mistakes, NameSearch, Place } from './mistake.js';
import { suggestName } from '@sedge/tool-contracts';
import type { PlacedReference } from './parsed-workflow.js';
import { isReference, parseReference, referenceText, unbraced, unescapeText, type Reference } from './reference.js';
import { ArtifactHole, EachHole, MetricHole, type Template } from './template.js';
import { describe } from './tree-reader.js';
import { placeOf, type TreeNode, type TreeScalar } from './yaml-tree.js';

/** What a reference in a step can name: everything compiled so far. Steps come in order, so that what they read is there. */
export class CompileScope {
  readonly steps: CompiledStep[] = [];
  private readonly byName = new Map<string, CompiledStep>();
  private readonly parameters = new Map<string, Template>();
  private readonly parameterNodes = new Map<string, TreeNode>();

  constructor(
    readonly mistakes: Mistakes,
    readonly limits: CompileLimits,
  ) {}

  addStep(step: CompiledStep): void {
    this.limits.checkItems(step, this.steps);
    this.steps.push(step);
    this.byName.set(step.name, step);
  }

  /** A parameter holds plain values; it is evaluated once. */
  addParameter(name: string, node: TreeNode): void {
    this.parameters.set(name, this.plainValue(node, `the parameter '${name}'`));
    this.parameterNodes.set(name, node);
  }

  /** Where the value of a parameter stands. */
  parameterNode(name: string): TreeNode | undefined {
    return this.parameterNodes.get(name);
  }

  /** The value that `$parameters.NAME` stands for; undefined (and noted) when there is none of that name. */
  parameter(name: string, place: Place): Template | undefined {
    if (this.parameters.has(name)) return this.parameters.get(name)!;
    this.unknown(place, `there is no parameter '${name}'`, { written: name, among: this.parameters.keys() });
    return undefined;
  }

  /** A value without references. */
  private plainValue(node: TreeNode, what: string): Template {
    return this.template(node, ({ reference, place }) => {
      const message = `${what} holds ${referenceText(reference)}; parameters are plain values`;
      this.mistakes.add(
        'WORKFLOW_REFERENCE_INVALID',
        place,
        message,
        'write the value, or the reference where the parameter is used',
      );
      return null;
    });
  }

  /** Makes a template of a tree, asking `resolve` what stands for each reference but those to parameters. */
  template(node: TreeNode, resolve: (reference: PlacedReference) => Template): Template {
    if (node.kind === 'list') return node.items.map((item) => this.template(item, resolve));
    if (node.kind === 'map') {
      return Object.fromEntries([...node.entries].map(([key, entry]) => [key, this.template(entry.value, resolve)]));
    }
    return this.scalar(node, resolve);
  }

  private scalar(node: TreeScalar, resolve: (reference: PlacedReference) => Template): Template {
    if (!isReference(node.value)) return typeof node.value === 'string' ? unescapeText(node.value) : node.value;
    const placed = this.placedReference(node);
    return placed === null ? null : resolve(placed);
  }

  private placedReference(node: TreeScalar): PlacedReference | null {
    const reference = parseReference(String(node.value));
    if (!('problem' in reference)) return { reference, place: placeOf(node) };
    const message = `${describe(node)} can't be read as a reference: ${reference.problem}`;
    this.mistakes.add(
      'WORKFLOW_REFERENCE_INVALID',
      placeOf(node),
      message,
      unbraced(String(node.value))?.mend ?? 'mend the reference; $$ stands for a literal $',
    );
    return null;
  }

  /** The output that a reference names. @returns null, noted, where it names none */
  output({ reference, place }: PlacedReference): StepOutput | null {
    if (reference.to === 'step' && reference.metric !== null) {
      const message = `${referenceText(reference)} is a number in a report, but an artifact belongs here`;
      this.mistakes.add('WORKFLOW_REFERENCE_INVALID', place, message, `write $${reference.step}.${reference.output}`);
      return null;
    }
    return this.stepOutput(reference, place);
  }

  /** The metric that a reference names. @returns null, noted, where it names none */
  metric({ reference, place }: PlacedReference): MetricHole | null {
    if (reference.to !== 'step' || reference.metric === null) {
      const shown = referenceText(reference);
      const mend = `write $STEP.OUTPUT.METRIC${reference.to === 'step' ? this.metricExample(reference.step) : ''}`;
      this.mistakes.add(
        'WORKFLOW_REFERENCE_INVALID',
        place,
        `${shown} is not a number in a report, which belongs here`,
        mend,
      );
      return null;
    }
    const source = this.stepOutput(reference, place);
    if (source === null) return null;
    this.checkMetric(source, reference.metric, place);
    return new MetricHole(source, reference.metric);
  }

  private metricExample(step: string): string {
    const found = this.byName.get(step);
    const output = found && [...found.outputs.keys()][0];
    return output === undefined ? '' : `, e.g. $${step}.${output}.NAME`;
  }

  /** Where a tool declares its metrics, a wrong one is found before anything runs. */
  private checkMetric(source: StepOutput, metric: string, place: Place): void {
    const known = declaredMetrics(this.steps[source.step]!, source.output);
    if (known === null || known.some((name) => metricFits(metric, name))) return;
    const message = `the output '${source.output}' of the step '${this.steps[source.step]!.name}' has no metric '${metric}'`;
    this.mistakes.add('WORKFLOW_METRIC_UNKNOWN', place, message, suggestName(metric, known));
  }

  private stepOutput(reference: Reference, place: Place): StepOutput | null {
    if (reference.to === 'parameter' || reference.to === 'each') {
      const message = `${referenceText(reference)} is a value, but an artifact belongs here`;
      this.mistakes.add('WORKFLOW_REFERENCE_INVALID', place, message, 'write $STEP.OUTPUT or $inputs.NAME');
      return null;
    }
    const name = reference.to === 'input' ? `inputs.${reference.name}` : reference.step;
    const step = this.byName.get(name);
    if (step === undefined) {
      // A step that isn't there was noted when the steps were ordered, one with mistakes of its own has them noted.
      if (reference.to === 'input') this.unknownInput(reference.name, place);
      return null;
    }
    const output =
      reference.to === 'step' ? this.outputName(step, reference.output, place) : [...step.outputs.keys()][0]!;
    return output === null ? null : { step: step.index, output };
  }

  private unknownInput(name: string, place: Place): void {
    if (this.declaredInputs.has(name)) return;
    this.unknown(place, `there is no input '${name}'`, { written: name, among: this.declaredInputs });
  }

  /** names of all inputs of the workflow, those with mistakes too */
  readonly declaredInputs = new Set<string>();

  private outputName(step: CompiledStep, written: string | null, place: Place): string | null {
    const outputs = [...step.outputs.keys()];
    if (written === null && outputs.length === 1) return outputs[0]!;
    if (written !== null && step.outputs.has(written)) return written;
    const code = 'WORKFLOW_OUTPUT_UNKNOWN';
    if (written === null) {
      const message = `$${step.name} is short for the only output of a step, but '${step.name}' has ${outputs.length}`;
      this.mistakes.add(
        code,
        place,
        message,
        `name one: ${outputs.map((output) => `$${step.name}.${output}`).join(', ')}`,
      );
    } else {
      const asMetric = outputs.length === 1 ? `; a metric is $${step.name}.${outputs[0]}.${written}` : '';
      this.mistakes.add(
        code,
        place,
        `the step '${step.name}' has no output '${written}'`,
        suggestName(written, outputs) + asMetric,
      );
    }
    return null;
  }

  private unknown(place: Place, message: string, mend: NameSearch): void {
    this.mistakes.add('WORKFLOW_REFERENCE_UNKNOWN', place, message, mend);
  }

  kindOf(source: StepOutput): string {
    return this.steps[source.step]!.outputs.get(source.output)!;
  }

  /** The axes of several steps together, each once, in the order of their owners. */
  axesOf(sources: readonly StepOutput[]): Axis[] {
    const axes = new Map<number, Axis>();
    for (const source of sources) for (const axis of this.steps[source.step]!.axes) axes.set(axis.owner, axis);
    return [...axes.values()].sort((a, b) => a.owner - b.owner);
  }
}

/** Names of the metrics that a tool says its output has; null where it says nothing. */
export function declaredMetrics(step: CompiledStep, output: string): string[] | null {
  if (step.kind !== 'tool') return null;
  return step.tool.definition.outputs[output]?.metrics ?? null;
}

/** A declared name that ends in `*` stands for all names that begin like it, e.g. `recall.*`. */
export function metricFits(metric: string, declared: string): boolean {
  return declared.endsWith('*') ? metric.startsWith(declared.slice(0, -1)) : metric === declared;
}

export function artifactHolesOf(template: Template): ArtifactHole[] {
  if (template instanceof ArtifactHole) return [template];
  if (template instanceof MetricHole || template instanceof EachHole) return [];
  if (Array.isArray(template)) return template.flatMap(artifactHolesOf);
  return template !== null && typeof template === 'object' ? Object.values(template).flatMap(artifactHolesOf) : [];
}
