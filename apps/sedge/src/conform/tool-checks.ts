import { brokenBytes } from './checks/broken-bytes.js';
import { cancellation } from './checks/cancellation.js';
import { duplicate } from './checks/duplicate.js';
import { golden } from './checks/golden.js';
import { kill } from './checks/kill.js';
import { newer } from './checks/newer.js';
import { outputs } from './checks/outputs.js';
import { protocol } from './checks/protocol.js';
import { repeatability } from './checks/repeatability.js';
import { sideBySide } from './checks/side-by-side.js';
import { traces } from './checks/traces.js';
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
  newer,
  brokenBytes,
  cancellation,
  kill,
  traces,
];
