import { cancellation } from './checks/cancellation.js';
import { golden } from './checks/golden.js';
import { outputs } from './checks/outputs.js';
import { repeatability } from './checks/repeatability.js';
import type { Check } from './verdict.js';
import type { Workbench } from './workbench.js';

/** What is played at a tool that a stage runs by itself, in this order. */
export const TOOL_CHECKS: readonly Check<Workbench>[] = [golden, outputs, repeatability, cancellation];
