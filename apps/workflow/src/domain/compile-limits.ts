import type { MistakeCode } from '../errors.js';
import type { CompiledStep } from './compiled-workflow.js';
import type { Mistakes, Place } from './mistake.js';
import type { Template } from './template.js';

/** Sweeps that multiply in one step: with two values each, the steps run out long before. */
const MOST_AXES = 64;
/** per step that is taken, on average; see `LEAST_VALUES` */
const VALUES_PER_STEP = 100;
const LEAST_VALUES = 2_000_000;

/** Ends compiling: what follows would take too long. The reason stands among the mistakes. */
export class WorkflowTooLarge extends Error {
  override readonly name = 'WorkflowTooLarge';
}

/**
 * How large a workflow may grow while it is compiled. A short text can ask for much: a parameter's list is given to each step that names it,
 * and to each item of a sweep. So it is counted before the work is done, and the first excess ends compiling.
 */
export class CompileLimits {
  private values = 0;
  private readonly mostValues: number;

  constructor(
    private readonly mistakes: Mistakes,
    private readonly maxSteps: number,
  ) {
    this.mostValues = Math.max(LEAST_VALUES, VALUES_PER_STEP * maxSteps);
  }

  /** How many more values may be counted. */
  get left(): number {
    return this.mostValues - this.values;
  }

  /** Counts values that items are given, and outputs that they read. @throws WorkflowTooLarge */
  spend(count: number, step: { name: string; place: Place }): void {
    this.values += count;
    if (this.values <= this.mostValues) return;
    const message = `with the step '${step.name}' the items of all steps are given more than ${this.mostValues} values`;
    this.refuse('WORKFLOW_TOO_LARGE', step.place, message, 'sweep over fewer values, or give the steps shorter lists');
  }

  /** Refuses a number of steps, and axes, that is too large. @throws WorkflowTooLarge */
  checkItems(step: Pick<CompiledStep, 'name' | 'place' | 'axes' | 'size' | 'firstItem'>, before: CompiledStep[]): void {
    if (step.axes.length > MOST_AXES) {
      const message = `the step '${step.name}' is repeated by ${step.axes.length} sweeps; at most ${MOST_AXES} multiply`;
      this.refuse('WORKFLOW_SWEEP_INVALID', step.place, message, 'leave sweeps over a single value out');
    }
    const items = step.firstItem + step.size;
    if (items <= this.maxSteps) return;
    const largest = before.reduce<typeof step>((a, b) => (b.size > a.size ? b : a), step);
    const message = `the workflow has ${items} steps and more, sweeps expanded; at most ${this.maxSteps} are taken`;
    const mend = `sweep over fewer values; the step '${largest.name}' alone has ${largest.size}`;
    this.refuse('WORKFLOW_STEPS_TOO_MANY', largest.place, message, mend);
  }

  private refuse(code: MistakeCode, place: Place, message: string, mend: string): never {
    this.mistakes.add(code, place, message, mend);
    throw new WorkflowTooLarge(message);
  }
}

/** How many values a template holds. Counts no further than `most`. */
export function valuesIn(template: Template, most: number): number {
  let count = 0;
  const stack: Template[] = [template];
  while (stack.length > 0 && count <= most) {
    const next = stack.pop()!;
    count++;
    if (next === null || typeof next !== 'object') continue;
    for (const value of Array.isArray(next) ? next : isPlain(next) ? Object.values(next) : []) {
      if (value !== null && typeof value === 'object') stack.push(value);
      else count++;
      if (count > most) break;
    }
  }
  return count;
}

const isPlain = (template: object): template is { [key: string]: Template } =>
  Object.getPrototypeOf(template) === Object.prototype;
