import type { ToolLine } from '@sedge/tool-contracts';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

export const protocol: Check<Workbench> = {
  name: 'protocol',
  played: 'the lines that the first case gave',
  expected:
    'progress that only grows and never beyond its total, no error line from what succeeds, and every line of JSON one that is known',
  async play(bench) {
    const { lines } = bench.golden!;
    const fault = lines.map(faultOf).find((found) => found !== null) ?? shrinking(lines);
    if (fault !== null) return failed(fault, 'see the lines of the protocol in docs/how-to/add-a-tool.md');
    const progress = lines.filter(({ type }) => type === 'progress').length;
    return passed(progress === 0 ? 'no progress is told' : `${progress} lines of progress`);
  },
};

function faultOf(line: ToolLine): string | null {
  if (line.type === 'progress' && line.done > line.total) return `progress ${line.done} of ${line.total} ${line.unit}`;
  if (line.type === 'error') return `it succeeded, and said the error ${line.code}: ${line.message}`;
  // What is no line of the protocol becomes a log line.
  const isMeant = line.type === 'log' && /^\{.*"type" *: *"(progress|log|error)"/.test(line.message);
  return isMeant ? `a line of the protocol that is not as it must be: ${line.message.slice(0, 200)}` : null;
}

/** Each unit is counted by itself: a tool may have several phases. */
function shrinking(lines: readonly ToolLine[]): string | null {
  let before: (ToolLine & { type: 'progress' }) | null = null;
  for (const line of lines) {
    if (line.type !== 'progress') continue;
    const isSamePhase = before?.unit === line.unit && before.total === line.total;
    if (isSamePhase && line.done < before!.done)
      return `progress went back from ${before!.done} to ${line.done} of ${line.total} ${line.unit}`;
    before = line;
  }
  return null;
}
