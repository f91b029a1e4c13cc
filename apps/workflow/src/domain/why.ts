import { canonicalJson, isDigest } from '@sedge/artifact-contracts';
import type { ItemJob } from './run-item.js';

/** One difference between what a step computes and what it computed before. */
export interface Change {
  of: 'tool' | 'parameter' | 'input' | 'machine';
  /** the input, the parameter (`augmentation.noise` for a part of it), or the name of the machine value */
  name: string;
  before: unknown;
  after: unknown;
}

/** What differs between two jobs of the same step; nothing when they are the same job. */
export function changesBetween(before: ItemJob, after: ItemJob): Change[] {
  const changes: Change[] = [];
  if (before.tool !== after.tool) {
    changes.push({ of: 'tool', name: after.toolName, before: toolText(before), after: toolText(after) });
  }
  collect(changes, 'input', '', before.inputs, after.inputs);
  collect(changes, 'parameter', '', before.parameters, after.parameters);
  collect(changes, 'machine', '', before.machine, after.machine);
  return changes;
}

function toolText(job: ItemJob): string {
  return `${job.toolName}@${job.toolVersion} ${job.tool}`;
}

function collect(changes: Change[], of: Change['of'], path: string, before: unknown, after: unknown): void {
  if (isSame(before, after)) return;
  // The artifacts of a list are told one by one, a list of values whole: so each reads best.
  const isArtifacts = of === 'input' && Array.isArray(before) && Array.isArray(after);
  if (isArtifacts || (isRecord(before) && isRecord(after))) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      collect(changes, of, path === '' ? key : `${path}.${key}`, own(before, key), own(after, key));
    }
    return;
  }
  changes.push({ of, name: path, before: before ?? null, after: after ?? null });
}

function own(record: object, key: string): unknown {
  return Object.hasOwn(record, key) ? (record as Record<string, unknown>)[key] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** `sha256:` and the first twelve digits. */
const SHORT_DIGEST = 19;

/** A change in one line: `parameter iterations: 1000 → 2000`. */
export function changeText({ of, name, before, after }: Change): string {
  const text = (value: unknown): string => {
    if (value === null) return 'nothing';
    const whole = typeof value === 'string' ? value : canonicalJson(value);
    return isDigest(whole)
      ? `${whole.slice(0, SHORT_DIGEST)}…`
      : whole.length > 200
        ? `${whole.slice(0, 200)}…`
        : whole;
  };
  return `${of} ${name}: ${text(before)} → ${text(after)}`;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));
}
