import { suggestName } from '@sedge/tool-contracts';
import type { CompiledExpectation, CompiledToolStep } from './compiled-workflow.js';
import { declaredMetrics, metricFits, type CompileScope } from './compile-scope.js';
import type { ParsedExpectation } from './parsed-workflow.js';

/** Finds where the metric of an expectation may be: in the output that it names first, or in any that may have it. */
export function compileExpectation(
  scope: CompileScope,
  step: CompiledToolStep,
  expectation: ParsedExpectation,
): CompiledExpectation {
  const outputs = [...step.outputs.keys()];
  const dot = expectation.metric.indexOf('.');
  const named = dot > 0 && outputs.includes(expectation.metric.slice(0, dot)) ? expectation.metric.slice(0, dot) : null;
  const pairs = named
    ? [{ output: named, metric: expectation.metric.slice(dot + 1) }]
    : outputs.map((output) => ({ output, metric: expectation.metric }));
  const candidates = pairs.filter(({ output, metric }) => {
    const known = declaredMetrics(step, output);
    return known === null || known.some((name) => metricFits(metric, name));
  });
  if (candidates.length === 0) {
    const known = outputs.flatMap((output) => declaredMetrics(step, output) ?? []);
    const message = `the step '${step.name}' has no metric '${expectation.metric}' to expect anything of`;
    scope.mistakes.add('WORKFLOW_METRIC_UNKNOWN', expectation.place, message, suggestName(expectation.metric, known));
  }
  return { ...expectation, candidates };
}
