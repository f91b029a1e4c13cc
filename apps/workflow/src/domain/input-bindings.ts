import { type RegisteredTool, suggestName } from '@sedge/tool-contracts';
import type { EachEntry, InputBinding, StepOutput } from './compiled-workflow.js';
import type { CompileScope } from './compile-scope.js';
import { checkedEachItems } from './each-items.js';
import type { ParsedBinding, ParsedToolStep, PlacedReference } from './parsed-workflow.js';
import { referenceText } from './reference.js';
import { ArtifactHole, entryOfEach, type Template } from './template.js';
import { kindFits } from './tool-catalogue.js';

/** Where the artifacts of each input of a tool come from, held against the kinds that the tool declares. */
export function compileBindings(
  scope: CompileScope,
  step: ParsedToolStep,
  tool: RegisteredTool,
  each: Template[] | null,
): InputBinding[] {
  const ports = tool.definition.inputs;
  for (const [name, port] of Object.entries(ports)) {
    if (port.optional || step.inputs.some((binding) => binding.name === name)) continue;
    const message = `the step '${step.name}' does not give the input '${name}' (${port.kind}) of the tool '${tool.definition.name}'`;
    scope.mistakes.add('WORKFLOW_INPUT_MISSING', step.place, message, `add in: { ${name}: $STEP.OUTPUT }`);
  }
  const bindings: InputBinding[] = [];
  for (const binding of step.inputs) {
    const port = Object.hasOwn(ports, binding.name) ? ports[binding.name]! : null;
    if (port === null) {
      const message = `the tool '${tool.definition.name}' has no input '${binding.name}'`;
      scope.mistakes.add(
        'WORKFLOW_INPUT_UNKNOWN',
        binding.place,
        message,
        suggestName(binding.name, Object.keys(ports)),
      );
      continue;
    }
    checkForm(scope, step, binding, port.many === true);
    const sources = binding.references.map((reference) => compileSource(scope, step, reference, each, port.kind));
    bindings.push({ name: binding.name, form: binding.form, sources: sources.filter((source) => source !== null) });
  }
  return bindings;
}

function checkForm(scope: CompileScope, step: ParsedToolStep, binding: ParsedBinding, takesMany: boolean): void {
  const what = `the input '${binding.name}' of the step '${step.name}'`;
  const place = binding.references[0]?.place ?? binding.place;
  if (takesMany === (binding.form !== 'one')) return;
  const shown = binding.references[0] ? referenceText(binding.references[0].reference) : '$STEP.OUTPUT';
  const [message, mend] = takesMany
    ? [
        `${what} takes many artifacts, but is given one reference`,
        `write { all: ${shown} } for all items of a sweep, or [${shown}] for a list`,
      ]
    : [
        `${what} takes one artifact, but is given ${binding.form === 'all' ? 'all items' : 'a list'}`,
        `write ${shown}: the step then runs once per item`,
      ];
  scope.mistakes.add('WORKFLOW_ALL_INVALID', place, message, mend);
}

function compileSource(
  scope: CompileScope,
  step: ParsedToolStep,
  placed: PlacedReference,
  each: Template[] | null,
  wanted: string,
): StepOutput | EachEntry | null {
  const { reference, place } = placed;
  if (reference.to !== 'each') {
    const output = scope.output(placed);
    if (output !== null) checkKind(scope, placed, output, wanted);
    return output;
  }
  for (const item of checkedEachItems(scope, step, placed, each)) {
    const entry = entryOfEach(item, reference.key);
    if (entry instanceof ArtifactHole) checkKind(scope, placed, entry.source, wanted);
    else if (entry !== undefined) {
      const message = `${referenceText(reference)} is a value in an item of each, but an artifact belongs here`;
      scope.mistakes.add('WORKFLOW_EACH_INVALID', place, message, 'write $STEP.OUTPUT in the items of each');
    }
  }
  return { each: reference.key };
}

function checkKind(
  scope: CompileScope,
  { reference, place }: PlacedReference,
  source: StepOutput,
  wanted: string,
): void {
  const kind = scope.kindOf(source);
  if (kindFits(kind, wanted)) return;
  const fitting = [...scope.steps[source.step]!.outputs]
    .filter(([, other]) => kindFits(other, wanted))
    .map(([name]) => name);
  const mend =
    fitting.length > 0
      ? `$${scope.steps[source.step]!.name}.${fitting[0]} would fit`
      : `bind an output of kind ${wanted}`;
  const message = `${referenceText(reference)} is of kind ${kind}, but the input takes ${wanted.replaceAll('|', ' or ')}`;
  scope.mistakes.add('WORKFLOW_KIND_MISMATCH', place, message, mend);
}
