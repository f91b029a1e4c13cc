import type { MistakeCode } from '../errors.js';
import type { Mistakes, Place } from './mistake.js';
import { suggestName } from '@sedge/tool-contracts';
import { NAME_PATTERN, isReference, parseReference, unbraced, unescapeText } from './reference.js';
import type { PlacedReference } from './parsed-workflow.js';
import { placeOf, type TreeEntry, type TreeMap, type TreeNode } from './yaml-tree.js';

/** Reads parts of a tree in the form that the grammar wants, and notes each place where they have another. */
export class TreeReader {
  constructor(readonly mistakes: Mistakes) {}

  note(code: MistakeCode, node: TreeNode, message: string, mend: string): null {
    this.mistakes.add(code, placeOf(node), message, mend);
    return null;
  }

  /** A mapping whose keys are all among `known`. */
  mapOf(node: TreeNode, what: string, known: readonly string[]): TreeMap | null {
    const map = this.map(node, what);
    for (const [key, entry] of map?.entries ?? []) {
      if (known.includes(key)) continue;
      this.mistakes.add(
        'WORKFLOW_KEY_UNKNOWN',
        keyPlace(map!, entry),
        `${what} has no key '${key}'`,
        suggestName(key, known),
      );
    }
    return map;
  }

  map(node: TreeNode, what: string): TreeMap | null {
    if (node.kind === 'map') return node;
    return this.note(
      'WORKFLOW_VALUE_INVALID',
      node,
      `${what} must be a mapping, but is ${describe(node)}`,
      'write KEY: VALUE pairs',
    );
  }

  /** Entries of a mapping whose keys are names that the user gives. */
  namedEntries(node: TreeNode | undefined, what: string): { name: string; place: Place; value: TreeNode }[] {
    if (node === undefined || isNull(node)) return [];
    const map = this.map(node, what);
    const entries = [...(map?.entries ?? [])].map(([name, entry]) => ({
      name,
      place: keyPlace(map!, entry),
      value: entry.value,
    }));
    for (const { name, place } of entries) {
      if (NAME_PATTERN.test(name)) continue;
      const mend = 'names start with a letter, then letters, digits, _ and -, at most 64';
      this.mistakes.add('WORKFLOW_NAME_INVALID', place, `'${name}' can't be a name in ${what}`, mend);
    }
    return entries;
  }

  required(map: TreeMap, key: string, what: string): TreeNode | null {
    const entry = map.entries.get(key);
    if (entry && !isNull(entry.value)) return entry.value;
    return this.note('WORKFLOW_KEY_MISSING', map, `${what} has no '${key}'`, `add '${key}:'`);
  }

  text(node: TreeNode, what: string): string | null {
    if (node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '') return unescapeText(node.value);
    return this.note(
      'WORKFLOW_VALUE_INVALID',
      node,
      `${what} must be a text, but is ${describe(node)}`,
      'write a text',
    );
  }

  /** A text that stands within a line of a list or a message. */
  line(node: TreeNode, what: string): string | null {
    const text = this.text(node, what);
    if (text === null || (text.length <= LONGEST_LINE && !/\p{Cc}/u.test(text))) return text;
    const mend = `write one line of at most ${LONGEST_LINE} characters`;
    return this.note('WORKFLOW_VALUE_INVALID', node, `${what} must be one line, but is ${describe(node)}`, mend);
  }

  count(node: TreeNode, what: string, most: number): number | null {
    if (node.kind === 'scalar' && Number.isInteger(node.value) && Number(node.value) >= 0 && Number(node.value) <= most)
      return Number(node.value);
    return this.note(
      'WORKFLOW_VALUE_INVALID',
      node,
      `${what} must be a whole number from 0 to ${most}, but is ${describe(node)}`,
      'write such a number',
    );
  }

  /** `90s`, `15m`, `2h`, `1d`, or `500ms`, as milliseconds. */
  durationMs(node: TreeNode, what: string): number | null {
    const match = node.kind === 'scalar' ? /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(String(node.value)) : null;
    const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : 0;
    if (ms >= 1 && ms <= LONGEST_MS) return ms;
    const message = `${what} must be a time from 1ms to 365d, but is ${describe(node)}`;
    return this.note('WORKFLOW_VALUE_INVALID', node, message, 'write a number and ms, s, m, h or d, e.g. 90s');
  }

  reference(node: TreeNode, what: string): PlacedReference | null {
    const value = node.kind === 'scalar' ? node.value : null;
    if (!isReference(value)) {
      const mend = 'write a reference such as $step.output or $inputs.NAME; files from outside enter under inputs';
      return this.note(
        'WORKFLOW_REFERENCE_INVALID',
        node,
        `${what} must be a reference, but is ${describe(node)}`,
        mend,
      );
    }
    const reference = parseReference(value);
    if ('problem' in reference) {
      return this.note(
        'WORKFLOW_REFERENCE_INVALID',
        node,
        `'${value}' can't be read: ${reference.problem}`,
        unbraced(value)?.mend ?? 'mend the reference',
      );
    }
    return { reference, place: placeOf(node) };
  }
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_LINE = 200;
const LONGEST_MS = 365 * UNIT_MS.d;

export function keyPlace(map: TreeMap, entry: TreeEntry): Place {
  return map.source.placeOf(entry.at);
}

export function isNull(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** A value in a few words, for messages. */
export function describe(node: TreeNode): string {
  if (node.kind === 'map') return 'a mapping';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'empty';
  const text = String(node.value).slice(0, 60);
  return typeof node.value === 'string' ? `the text '${text.replaceAll(/\s+/g, ' ')}'` : text;
}
