/** What a text such as `$model.model` names. */
export type Reference =
  | { to: 'input'; name: string }
  | { to: 'parameter'; name: string }
  /** the item of `each`, or one entry of it */
  | { to: 'each'; key: string | null }
  /** a step's output, or a number in its metrics; output null where the short form `$step` is written */
  | { to: 'step'; step: string; output: string | null; metric: string | null };

/** Words that a step can't be named, since references use them. */
export const RESERVED_NAMES = ['inputs', 'parameters', 'each'] as const;

/** Names of steps, inputs and parameters. */
export const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

const PART = /^[A-Za-z0-9_-]+$/;

/** Whether a text is meant as a reference; `$$` stands for a literal dollar sign. */
export function isReference(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('$') && !value.startsWith('$$');
}

const BRACED = /\$\{\{?\s*\$?([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\s*\}?\}/;

/** What to write in place of the first `${NAME}` or `${{ NAME }}` of a text, as other tools have it; null where there is none. */
export function unbraced(text: string): { at: number; mend: string } | null {
  const match = BRACED.exec(text);
  return match && { at: match.index, mend: `write $${match[1]!}: references have no braces` };
}

/** A text as it is meant: `$$5` is the text `$5`. */
export function unescapeText(text: string): string {
  return text.startsWith('$$') ? text.slice(1) : text;
}

/** @returns the reference, or the reason why the text is none */
export function parseReference(text: string): Reference | { problem: string } {
  const parts = text.slice(1).split('.');
  if (!parts.every((part) => PART.test(part))) {
    return { problem: 'a reference is $inputs.NAME, $parameters.NAME, $STEP, $STEP.OUTPUT or $STEP.OUTPUT.METRIC' };
  }
  const [head, second, ...rest] = parts as [string, ...string[]];
  if (head === 'inputs' || head === 'parameters') return parseNamed(head, second, rest);
  if (head === 'each') {
    return rest.length > 0
      ? { problem: 'an item of each has no parts below its entries' }
      : { to: 'each', key: second ?? null };
  }
  return { to: 'step', step: head, output: second ?? null, metric: rest.length > 0 ? rest.join('.') : null };
}

function parseNamed(
  head: 'inputs' | 'parameters',
  name: string | undefined,
  rest: string[],
): Reference | { problem: string } {
  if (name === undefined) return { problem: `$${head} needs a name: $${head}.NAME` };
  if (rest.length > 0) return { problem: `$${head}.${name} has no parts; name it alone` };
  return { to: head === 'inputs' ? 'input' : 'parameter', name };
}

export function referenceText(reference: Reference): string {
  if (reference.to === 'input') return `$inputs.${reference.name}`;
  if (reference.to === 'parameter') return `$parameters.${reference.name}`;
  if (reference.to === 'each') return reference.key === null ? '$each' : `$each.${reference.key}`;
  return `$${[reference.step, reference.output, reference.metric].filter((part) => part !== null).join('.')}`;
}
