import type { Mistakes } from './mistake.js';
import type { ParsedStep, ParsedWorkflow, PlacedReference } from './parsed-workflow.js';
import { isReference, parseReference } from './reference.js';
import { placeOf, type TreeNode } from './yaml-tree.js';

/**
 * Puts the steps in an order in which each comes after those that it reads, in the file's order where there is a choice.
 * Notes references to what isn't there, and circles; the steps of a circle are left out.
 */
export function orderSteps(workflow: ParsedWorkflow, mistakes: Mistakes): ParsedStep[] {
  const graph = new StepGraph(workflow, mistakes);
  const ordered: ParsedStep[] = [];
  for (const step of workflow.steps) graph.visit(step, ordered);
  return ordered;
}

interface Frame {
  step: ParsedStep;
  references: PlacedReference[];
  next: number;
}

/** Above this many, further circles are no news. */
const MOST_CIRCLES = 200;

class StepGraph {
  private circles = 0;
  private readonly steps: Map<string, ParsedStep>;
  private readonly state = new Map<string, 'open' | 'done' | 'in a circle'>();

  constructor(
    workflow: ParsedWorkflow,
    private readonly mistakes: Mistakes,
  ) {
    this.steps = new Map(workflow.steps.map((step) => [step.name, step]));
  }

  /** Depth first, with a stack of its own: a chain of 10,000 steps would overflow the program's. */
  visit(first: ParsedStep, ordered: ParsedStep[]): void {
    if (this.state.has(first.name)) return;
    const stack = [this.open(first)];
    while (stack.length > 0) {
      const frame = stack.at(-1)!;
      const reference = frame.references[frame.next++];
      if (reference === undefined) {
        stack.pop();
        if (this.state.get(frame.step.name) === 'open') ordered.push(frame.step);
        this.state.set(frame.step.name, 'done');
      } else {
        this.follow(reference, stack);
      }
    }
  }

  private open(step: ParsedStep): Frame {
    this.state.set(step.name, 'open');
    return { step, references: this.stepReferences(step), next: 0 };
  }

  private follow({ reference, place }: PlacedReference, stack: Frame[]): void {
    if (reference.to !== 'step') return;
    const target = this.steps.get(reference.step);
    if (target === undefined) {
      const mend = { written: reference.step, among: this.steps.keys() };
      this.mistakes.add('WORKFLOW_REFERENCE_UNKNOWN', place, `there is no step '${reference.step}'`, mend);
      return;
    }
    const state = this.state.get(target.name);
    if (state === undefined) stack.push(this.open(target));
    if (state !== 'open' && state !== 'in a circle') return;
    // Each circle is walked through, which may be all steps.
    if (++this.circles > MOST_CIRCLES) return;
    const from = stack.findIndex((frame) => frame.step === target);
    if (from < 0) return;
    const circle = stack.slice(from).map((frame) => frame.step.name);
    for (const name of circle) this.state.set(name, 'in a circle');
    const path = [...(circle.length > 10 ? [...circle.slice(0, 10), '…'] : circle), target.name].join(' → ');
    this.mistakes.add(
      'WORKFLOW_CYCLE',
      place,
      `steps wait for each other in a circle: ${path}`,
      'remove one of these references',
    );
  }

  private stepReferences(step: ParsedStep): PlacedReference[] {
    if (step.kind === 'choose') return [step.from, step.by];
    if (step.kind === 'await') return [step.derivedFrom];
    const bound = step.inputs.flatMap((binding) => binding.references);
    return [...bound, ...(step.with ? referencesIn(step.with) : []), ...(step.each ? referencesIn(step.each) : [])];
  }
}

/** All well-formed references in a tree. */
export function referencesIn(node: TreeNode): PlacedReference[] {
  if (node.kind === 'map') return [...node.entries.values()].flatMap((entry) => referencesIn(entry.value));
  if (node.kind === 'list') return node.items.flatMap(referencesIn);
  if (!isReference(node.value)) return [];
  const reference = parseReference(node.value);
  return 'problem' in reference ? [] : [{ reference, place: placeOf(node) }];
}
