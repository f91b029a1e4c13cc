import { brokenBytes } from './checks/broken-bytes.js';
import { cancellation } from './checks/cancellation.js';
import { duplicate } from './checks/duplicate.js';
import { events } from './checks/events.js';
import { golden } from './checks/golden.js';
import { kill } from './checks/kill.js';
import { newer } from './checks/newer.js';
import { outputs } from './checks/outputs.js';
import { protocol } from './checks/protocol.js';
import { repeatability } from './checks/repeatability.js';
import { sideBySide } from './checks/side-by-side.js';
import { traces } from './checks/traces.js';
import { HTTP_CHECKS } from './http/http-checks.js';
import type { Check } from './verdict.js';
import type { Workbench } from './workbench.js';

/** What is played at a tool that a stage runs by itself, in this order. */
export const TOOL_CHECKS: readonly Check<Workbench>[] = [
  golden,
  outputs,
  protocol,
  repeatability,
  duplicate,
  sideBySide,
  events,
  newer,
  brokenBytes,
  cancellation,
  kill,
  traces,
];

/** What is played at a tool of a runtime: what only a server can get wrong comes in addition, or in place of what a server can't be seen to do. */
export function checksFor(runtime: string): readonly Check<Workbench>[] {
  if (runtime !== 'http') return TOOL_CHECKS;
  const own = new Map(HTTP_CHECKS.map((check) => [check.name, check]));
  const known = new Set(TOOL_CHECKS.map(({ name }) => name));
  const [traces, ...others] = TOOL_CHECKS.toReversed();
  const replaced = others.toReversed().map((check) => own.get(check.name) ?? check);
  return [...replaced, ...HTTP_CHECKS.filter(({ name }) => !known.has(name)), traces!];
}
