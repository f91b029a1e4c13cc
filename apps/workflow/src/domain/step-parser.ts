import type { Place } from './mistake.js';
import type {
  Operator,
  ParsedAwaitStep,
  ParsedBinding,
  ParsedChooseStep,
  ParsedExpectation,
  ParsedStep,
  ParsedSweep,
  ParsedToolStep,
  RetryBudget,
} from './parsed-workflow.js';
import { isReference } from './reference.js';
import { TreeReader, describe, isNull } from './tree-reader.js';
import { placeOf, type TreeMap, type TreeNode } from './yaml-tree.js';

interface StepEntry {
  name: string;
  place: Place;
  value: TreeNode;
}

const TOOL_KEYS = ['tool', 'in', 'with', 'sweep', 'each', 'expect', 'retry', 'timeout'] as const;
const CHOOSE_KEYS = ['from', 'by', 'max', 'min'] as const;
const AWAIT_KEYS = ['kind', 'derivedFrom', 'timeout'] as const;
/** How long an `await` without a timeout waits. */
const DEFAULT_AWAIT_MS = 3_600_000;
const MOST_RETRIES = 100;

/** Reads one step: one that runs a tool, one that chooses among the items of a sweep, or one that awaits an artifact. */
export function parseStep(reader: TreeReader, entry: StepEntry): ParsedStep | null {
  const what = `the step '${entry.name}'`;
  if (isNull(entry.value)) {
    return reader.note('WORKFLOW_STEP_INVALID', entry.value, `${what} is empty`, 'give it tool:, choose: or await:');
  }
  const map = reader.map(entry.value, what);
  if (map === null) return null;
  const forms = (['tool', 'choose', 'await'] as const).filter((key) => map.entries.has(key));
  if (forms.length === 0) return noteNoForm(reader, entry, map);
  if (forms.length > 1) {
    const message = `${what} has both ${forms.join(' and ')}`;
    reader.mistakes.add('WORKFLOW_STEP_INVALID', entry.place, message, 'give it exactly one of them');
  }
  const isTool = forms.includes('tool');
  // With several forms each is read for its own mistakes.
  const others = new Map([...map.entries].filter(([key]) => !isTool || key === 'tool' || !isForm(key)));
  const steps = forms.map((form) => {
    if (form === 'tool') return parseToolStep(reader, entry, { ...map, entries: others });
    if (!isTool) reader.mapOf(map, `${what}, which has ${forms.join(' and ')},`, forms);
    const body = map.entries.get(form)!.value;
    return form === 'choose' ? parseChoose(reader, entry, body) : parseAwait(reader, entry, body);
  });
  return forms.length === 1 ? steps[0]! : null;
}

const isForm = (key: string): boolean => key === 'choose' || key === 'await';

function noteNoForm(reader: TreeReader, { name, place }: StepEntry, map: TreeMap): null {
  const what = `the step '${name}'`;
  const before = reader.mistakes.count;
  reader.mapOf(map, what, ['choose', 'await', ...TOOL_KEYS]);
  // A misspelt key is reported as that.
  if (reader.mistakes.count > before) return null;
  const message = `${what} has none of tool, choose and await`;
  reader.mistakes.add('WORKFLOW_STEP_INVALID', place, message, 'give it exactly one of them');
  return null;
}

function parseToolStep(reader: TreeReader, { name, place }: StepEntry, map: TreeMap): ParsedToolStep | null {
  const what = `the step '${name}'`;
  reader.mapOf(map, what, TOOL_KEYS);
  const value = (key: string): TreeNode | null => {
    const node = map.entries.get(key)?.value;
    return node && !isNull(node) ? node : null;
  };
  const [tool, parameters, retry, timeout] = [
    reader.required(map, 'tool', what),
    value('with'),
    value('retry'),
    value('timeout'),
  ];
  return {
    kind: 'tool',
    name,
    place,
    tool: tool === null ? { name: '', version: null, place } : parseToolName(reader, tool, what),
    inputs: parseBindings(reader, value('in'), what),
    with: parameters && reader.map(parameters, `'with' of ${what}`),
    sweep: parseSweep(reader, value('sweep'), what),
    each: value('each'),
    expect: parseExpectations(reader, value('expect'), what),
    retry: parseRetry(reader, retry, what),
    timeoutMs: timeout && reader.durationMs(timeout, `'timeout' of ${what}`),
  };
}

function parseToolName(reader: TreeReader, node: TreeNode, what: string): ParsedToolStep['tool'] {
  const text = reader.text(node, `'tool' of ${what}`) ?? '';
  const at = text.indexOf('@');
  if (at === text.length - 1 && at >= 0) {
    reader.note('WORKFLOW_VALUE_INVALID', node, `'${text}' names no version after the @`, 'write NAME or NAME@VERSION');
  }
  return { name: at < 0 ? text : text.slice(0, at), version: at < 0 ? null : text.slice(at + 1), place: placeOf(node) };
}

function parseBindings(reader: TreeReader, node: TreeNode | null, what: string): ParsedBinding[] {
  const map = node && reader.map(node, `'in' of ${what}`);
  const bindings: ParsedBinding[] = [];
  for (const [name, { at, value }] of map?.entries ?? []) {
    const place = map!.source.placeOf(at);
    const binding = parseBinding(reader, value, `the input '${name}' of ${what}`);
    // One that can't be read is kept, so that it isn't reported as missing too.
    bindings.push({ name, place, ...(binding ?? { form: 'one', references: [] }) });
  }
  return bindings;
}

function parseBinding(
  reader: TreeReader,
  node: TreeNode,
  what: string,
): Pick<ParsedBinding, 'form' | 'references'> | null {
  if (node.kind === 'list') {
    const references = node.items
      .map((item) => reader.reference(item, `an item of ${what}`))
      .filter((item) => item !== null);
    return { form: 'list', references };
  }
  if (node.kind === 'map') {
    const map = reader.mapOf(node, what, ['all']);
    const all = map && reader.required(map, 'all', what);
    const reference = all && reader.reference(all, `'all' of ${what}`);
    return reference && { form: 'all', references: [reference] };
  }
  const reference = reader.reference(node, what);
  return reference && { form: 'one', references: [reference] };
}

function parseSweep(reader: TreeReader, node: TreeNode | null, what: string): ParsedSweep[] {
  const map = node && reader.map(node, `'sweep' of ${what}`);
  const sweeps: ParsedSweep[] = [];
  for (const [parameter, { at, value }] of map?.entries ?? []) {
    const place = map!.source.placeOf(at);
    const values = parseSweepValues(reader, value, `the sweep over '${parameter}' of ${what}`);
    if (values) sweeps.push({ parameter, place, values });
  }
  return sweeps;
}

function parseSweepValues(reader: TreeReader, node: TreeNode, what: string): ParsedSweep['values'] | null {
  if (node.kind === 'scalar' && isReference(node.value)) return reader.reference(node, what);
  if (node.kind === 'list' && node.items.length > 0) return node;
  const message = node.kind === 'list' ? `${what} has no items` : `${what} must be a list, but is ${describe(node)}`;
  return reader.note(
    'WORKFLOW_SWEEP_INVALID',
    node,
    message,
    'write a list of values, e.g. [1, 2, 3], or $parameters.NAME of one',
  );
}

function parseExpectations(reader: TreeReader, node: TreeNode | null, what: string): ParsedExpectation[] {
  if (node === null) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.map((item) => parseExpectation(reader, item, what)).filter((item) => item !== null);
}

const EXPECTATION = /^\s*([A-Za-z0-9_.-]+)\s*(>=|<=|==|!=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*$/;

function parseExpectation(reader: TreeReader, node: TreeNode, what: string): ParsedExpectation | null {
  const text = node.kind === 'scalar' ? String(node.value) : '';
  const match = EXPECTATION.exec(text);
  const value = Number(match?.[3]);
  if (match && Number.isFinite(value))
    return { place: placeOf(node), metric: match[1]!, operator: match[2] as Operator, value };
  const message = `an expectation of ${what} can't be read: ${describe(node)}`;
  return reader.note(
    'WORKFLOW_EXPECT_INVALID',
    node,
    message,
    'write METRIC OPERATOR NUMBER, e.g. top1 >= 0.85, with >= <= > < == or !=',
  );
}

function parseRetry(reader: TreeReader, node: TreeNode | null, what: string): RetryBudget {
  const budget = { transient: 0, preempted: 0 };
  const map = node && reader.map(node, `'retry' of ${what}`);
  const permanent = map?.entries.get('permanent');
  if (permanent) {
    const message = `${what} asks to retry permanent failures; a tool's own failure would only come again`;
    reader.mistakes.add(
      'WORKFLOW_KEY_UNKNOWN',
      map!.source.placeOf(permanent.at),
      message,
      'remove it; `npx sedge retry RUN` asks again after you mended the cause',
    );
    map!.entries.delete('permanent');
  }
  if (map) reader.mapOf(map, `'retry' of ${what}`, ['transient', 'preempted']);
  for (const key of ['transient', 'preempted'] as const) {
    const value = map?.entries.get(key)?.value;
    if (value) budget[key] = reader.count(value, `'${key}' retries of ${what}`, MOST_RETRIES) ?? 0;
  }
  return budget;
}

function parseChoose(reader: TreeReader, { name, place }: StepEntry, body: TreeNode): ParsedChooseStep | null {
  const what = `'choose' of the step '${name}'`;
  const map = reader.mapOf(body, what, CHOOSE_KEYS);
  if (map === null) return null;
  const [from, by] = [reader.required(map, 'from', what), reader.required(map, 'by', what)];
  const directions = (['max', 'min'] as const).filter((key) => map.entries.has(key));
  const chosen = map.entries.get(directions[0] ?? 'max')?.value;
  if (directions.length !== 1 || chosen?.kind !== 'scalar' || chosen.value !== true) {
    reader.note(
      'WORKFLOW_CHOOSE_INVALID',
      chosen ?? map,
      `${what} must say either max: true or min: true`,
      'add max: true to choose the largest',
    );
  }
  const fromReference = from && reader.reference(from, `'from' of ${what}`);
  const byReference = by && reader.reference(by, `'by' of ${what}`);
  if (fromReference === null || byReference === null) return null;
  return { kind: 'choose', name, place, from: fromReference, by: byReference, direction: directions[0] ?? 'max' };
}

function parseAwait(reader: TreeReader, { name, place }: StepEntry, body: TreeNode): ParsedAwaitStep | null {
  const what = `'await' of the step '${name}'`;
  const map = reader.mapOf(body, what, AWAIT_KEYS);
  if (map === null) return null;
  const [kind, derivedFrom] = [reader.required(map, 'kind', what), reader.required(map, 'derivedFrom', what)];
  const timeout = map.entries.get('timeout')?.value;
  const artifactKind = kind && reader.text(kind, `'kind' of ${what}`);
  const reference = derivedFrom && reader.reference(derivedFrom, `'derivedFrom' of ${what}`);
  const timeoutMs = timeout ? reader.durationMs(timeout, `'timeout' of ${what}`) : DEFAULT_AWAIT_MS;
  if (artifactKind === null || reference === null) return null;
  return { kind: 'await', name, place, artifactKind, derivedFrom: reference, timeoutMs: timeoutMs ?? DEFAULT_AWAIT_MS };
}
