import { isAlias, isMap, isScalar, isSeq, parseDocument, type Alias, type Document, type Node } from 'yaml';
import { targetsOfAliases } from './alias-targets.js';
import type { Mistakes, Place } from './mistake.js';
import { unbraced } from './reference.js';

/** A YAML value that knows where it stands. `at` is an offset into the source: lines are counted only for those that are reported. */
export type TreeNode = TreeMap | TreeList | TreeScalar;

export interface TreeMap {
  kind: 'map';
  source: Source;
  at: number;
  entries: Map<string, TreeEntry>;
}

export interface TreeEntry {
  /** offset of the key */
  at: number;
  value: TreeNode;
}

export interface TreeList {
  kind: 'list';
  source: Source;
  at: number;
  items: TreeNode[];
}

export interface TreeScalar {
  kind: 'scalar';
  source: Source;
  at: number;
  value: string | number | boolean | null;
}

/** A text with a name, in which offsets become lines and columns. */
export class Source {
  private lineStarts: number[] | null = null;

  constructor(
    readonly file: string,
    readonly text: string,
  ) {}

  placeOf(offset: number): Place {
    this.lineStarts ??= startsOfLines(this.text);
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.lineStarts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: offset - this.lineStarts[low]! + 1 };
  }
}

export function placeOf(node: TreeNode): Place {
  return node.source.placeOf(node.at);
}

/** Values that aliases repeat, each counted as often as it is repeated. */
const MOST_REPEATED = 100_000;
const MOST_LEVELS = 64;

/** How much aliases may still repeat; one for several texts bounds them together. */
export class AliasAllowance {
  left = MOST_REPEATED;
}

/** Ends the reading of a text whose aliases repeat too much. */
class AliasesTooMany extends Error {
  constructor(readonly at: number) {
    super();
  }
}

/** Reads YAML 1.2 (`yes`, `no`, `on`, `off` are words). @returns null when it can't be read; the reasons are in `mistakes` */
export function readYaml(source: Source, mistakes: Mistakes, allowance = new AliasAllowance()): TreeNode | null {
  const nul = source.text.indexOf('\0');
  if (nul >= 0) {
    const mend = 'remove it; a file in UTF-16 has many: save it as UTF-8';
    mistakes.add('WORKFLOW_YAML_INVALID', source.placeOf(nul), 'the text holds a NUL character', mend);
    return null;
  }
  const before = mistakes.count;
  const document = parseText(source, mistakes);
  if (document === null || mistakes.count > before) return null;
  const root = buildTree(source, document, mistakes, allowance);
  return mistakes.count > before ? null : root;
}

function buildTree(
  source: Source,
  document: Document.Parsed,
  mistakes: Mistakes,
  allowance: AliasAllowance,
): TreeNode | null {
  try {
    return new TreeBuilder(source, targetsOfAliases(document.contents), mistakes, allowance).build(document.contents);
  } catch (error) {
    if (!(error instanceof AliasesTooMany)) throw error;
    const message = `this is not usable YAML: its aliases repeat more than ${MOST_REPEATED} values`;
    mistakes.add('WORKFLOW_YAML_INVALID', source.placeOf(error.at), message, 'write fewer aliases');
    return null;
  }
}

function parseText(source: Source, mistakes: Mistakes): Document.Parsed | null {
  let document: Document.Parsed;
  try {
    // Duplicate keys are looked for below: the library compares each key with all others, which is slow for 10,000 steps.
    document = parseDocument(source.text, { version: '1.2', schema: 'core', prettyErrors: false, uniqueKeys: false });
  } catch (error) {
    const reason =
      error instanceof RangeError ? `it is nested more than ${MOST_LEVELS} levels deep` : (error as Error).message;
    mistakes.add('WORKFLOW_YAML_INVALID', source.placeOf(0), `this is not readable YAML: ${reason}`, 'mend the syntax');
    return null;
  }
  const exhausted = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  if (exhausted) {
    const message = `this is not usable YAML: it is nested more than ${MOST_LEVELS} levels deep`;
    mistakes.add('WORKFLOW_YAML_INVALID', source.placeOf(exhausted.pos[0]), message, 'nest less');
    return null;
  }
  noteSyntax(source, document, mistakes);
  if (document.directives.yaml.version !== '1.2') {
    const message = `the file says YAML ${document.directives.yaml.version}; workflows are YAML 1.2, where yes and no are words`;
    mistakes.add('WORKFLOW_YAML_INVALID', source.placeOf(0), message, 'remove the %YAML line');
  }
  return document;
}

/** Only the first error is told: what follows it is mostly a consequence. */
function noteSyntax(source: Source, { errors, warnings }: Document.Parsed, mistakes: Mistakes): void {
  const problems = errors.length > 0 ? [errors.reduce((a, b) => (b.pos[0] < a.pos[0] ? b : a))] : warnings;
  for (const problem of problems) {
    const { pos } = problem;
    const lineStart = source.text.lastIndexOf('\n', pos[0] - 1) + 1;
    const lineEnd = source.text.indexOf('\n', pos[0]);
    const braced = unbraced(source.text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd));
    // An indent is reported at what is indented.
    const at = pos[0] + /^ */.exec(source.text.slice(pos[0], pos[0] + 200))![0].length;
    const place = source.placeOf(braced ? lineStart + braced.at : at);
    const mend = braced?.mend ?? 'mend the syntax; indent by spaces';
    mistakes.add('WORKFLOW_YAML_INVALID', place, `this is not readable YAML: ${reasonOf(problem)}`, mend);
  }
}

/** In own words where the library speaks to programmers. */
function reasonOf({ code, message }: { code: string; message: string }): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here (---), and a workflow file holds one';
  return message;
}

/** Turns the library's nodes into plain ones, and refuses what a workflow must not hold. */
class TreeBuilder {
  /** where the outermost alias stands that is being repeated; null outside of all */
  private repeatedAt: number | null = null;
  private readonly open = new Set<Node>();

  constructor(
    private readonly source: Source,
    private readonly targets: Map<Alias, Node>,
    private readonly mistakes: Mistakes,
    private readonly allowance: AliasAllowance,
  ) {}

  build(node: Node | null, level = 0): TreeNode {
    const at = node?.range?.[0] ?? 0;
    if (this.repeatedAt !== null && --this.allowance.left < 0) throw new AliasesTooMany(this.repeatedAt);
    if (level > MOST_LEVELS) return this.refuse(at, `it is nested more than ${MOST_LEVELS} levels deep`, 'nest less');
    if (isAlias(node)) return this.buildAlias(this.targets.get(node) ?? null, node.source, at, level);
    if (isMap(node)) return this.buildMap(node.items as MapItem[], at, level);
    if (isSeq(node)) {
      return {
        kind: 'list',
        source: this.source,
        at,
        items: node.items.map((item) => this.build(item as Node, level + 1)),
      };
    }
    return this.buildScalar(node, at);
  }

  private buildAlias(target: Node | null, name: string, at: number, level: number): TreeNode {
    if (target === null)
      return this.refuse(at, `there is no anchor '&${name}' before the alias '*${name}'`, 'name an anchor');
    if (this.open.has(target)) return this.refuse(at, `the alias '*${name}' contains itself`, 'remove it');
    const isOutermost = this.repeatedAt === null;
    if (isOutermost) this.repeatedAt = at;
    this.open.add(target);
    const built = this.build(target, level + 1);
    this.open.delete(target);
    if (isOutermost) this.repeatedAt = null;
    return built;
  }

  private buildMap(items: MapItem[], at: number, level: number): TreeNode {
    const entries = new Map<string, TreeEntry>();
    for (const { key, value } of items) {
      const keyAt = key?.range?.[0] ?? at;
      const name = this.keyName(key, keyAt);
      const built = this.build(value, level + 1);
      if (value === null) built.at = keyAt;
      if (name === null) continue;
      const first = entries.get(name);
      if (first) {
        const line = this.source.placeOf(first.at).line;
        const message = `the key '${name}' is given twice (first in line ${line})`;
        this.mistakes.add('WORKFLOW_KEY_DUPLICATE', this.source.placeOf(keyAt), message, 'remove one of them');
      } else {
        entries.set(name, { at: keyAt, value: built });
      }
    }
    return { kind: 'map', source: this.source, at, entries };
  }

  private keyName(key: Node | null, at: number): string | null {
    const value: unknown = isScalar(key) ? key.value : null;
    if (typeof value === 'string') {
      if (value.includes('\0')) this.refuse(at, 'a key holds a NUL character', 'remove it');
      return value;
    }
    this.refuse(at, 'a key is not a text', 'put it in quotes');
    return null;
  }

  private buildScalar(node: Node | null, at: number): TreeScalar {
    const value: unknown = isScalar(node) ? node.value : null;
    const text = isScalar(node) ? (node.source ?? '') : '';
    if (typeof value === 'number' && !Number.isFinite(value))
      return this.refuse(at, `'${text}' is not a finite number`, 'write a number');
    if (typeof value === 'number' && /^[-+]?\d+$/.test(text) && !Number.isSafeInteger(value)) {
      return this.refuse(at, `${text} is too large to be kept exactly`, 'put it in quotes');
    }
    if (typeof value === 'string' && value.includes('\0'))
      return this.refuse(at, 'the text holds a NUL character', 'remove the escape');
    if (typeof value === 'string' && !value.isWellFormed())
      return this.refuse(at, 'the text holds half a character', 'mend the escape');
    return { kind: 'scalar', source: this.source, at, value: value as TreeScalar['value'] };
  }

  private refuse(at: number, reason: string, mend: string): TreeScalar {
    this.mistakes.add('WORKFLOW_YAML_INVALID', this.source.placeOf(at), `this is not usable YAML: ${reason}`, mend);
    return { kind: 'scalar', source: this.source, at, value: null };
  }
}

interface MapItem {
  key: Node | null;
  value: Node | null;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) starts.push(index + 1);
  return starts;
}
