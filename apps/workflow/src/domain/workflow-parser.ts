import type { Mistakes } from './mistake.js';
import type { ParsedInput, ParsedParameter, ParsedStep, ParsedWorkflow } from './parsed-workflow.js';
import { RESERVED_NAMES } from './reference.js';
import { parseStep } from './step-parser.js';
import { TreeReader, isNull } from './tree-reader.js';
import { placeOf, readYaml, type Source, type TreeMap, type TreeNode } from './yaml-tree.js';

const WORKFLOW_KEYS = ['name', 'description', 'inputs', 'parameters', 'steps'] as const;
const INPUT_KEYS = ['from', 'sha256'] as const;

/** Reads the text of a workflow. What can't be read is noted and left out, so that the rest can still be checked. */
export function parseWorkflow(source: Source, mistakes: Mistakes): ParsedWorkflow | null {
  const root = readYaml(source, mistakes);
  if (root === null) return null;
  const reader = new TreeReader(mistakes);
  const map = reader.mapOf(root, 'a workflow', WORKFLOW_KEYS);
  return map && parseRoot(reader, map);
}

function parseRoot(reader: TreeReader, map: TreeMap): ParsedWorkflow {
  const name = reader.required(map, 'name', 'the workflow');
  const description = map.entries.get('description')?.value;
  const workflow = {
    name: (name && reader.line(name, 'the name of the workflow')) ?? '',
    description: (description && reader.text(description, 'the description')) ?? '',
    inputs: reader.namedEntries(map.entries.get('inputs')?.value, 'inputs').map((entry) => parseInput(reader, entry)),
    parameters: reader.namedEntries(map.entries.get('parameters')?.value, 'parameters') satisfies ParsedParameter[],
    steps: parseSteps(reader, map),
  };
  checkNamesApart(reader, workflow);
  return workflow;
}

function parseSteps(reader: TreeReader, map: TreeMap): ParsedStep[] {
  const node = reader.required(map, 'steps', 'the workflow');
  if (node === null) return [];
  const entries = reader.namedEntries(node, 'steps');
  if (node.kind === 'map' && entries.length === 0) {
    reader.note('WORKFLOW_VALUE_INVALID', node, 'the workflow has no steps', 'add a step');
  }
  for (const { name, place } of entries) {
    if (!(RESERVED_NAMES as readonly string[]).includes(name)) continue;
    reader.mistakes.add(
      'WORKFLOW_NAME_INVALID',
      place,
      `a step can't be named '${name}': references use that word`,
      'rename the step',
    );
  }
  return entries.map((entry) => parseStep(reader, entry)).filter((step) => step !== null);
}

/** Inputs and parameters share one name space, since `--set NAME=VALUE` sets either. */
function checkNamesApart(reader: TreeReader, workflow: ParsedWorkflow): void {
  const inputs = new Set(workflow.inputs.map((input) => input.name));
  for (const parameter of workflow.parameters) {
    if (!inputs.has(parameter.name)) continue;
    const message = `'${parameter.name}' is both an input and a parameter`;
    reader.mistakes.add('WORKFLOW_NAME_TAKEN', parameter.place, message, 'rename one: --set takes either by its name');
  }
}

function parseInput(
  reader: TreeReader,
  entry: { name: string; place: ParsedInput['place']; value: TreeNode },
): ParsedInput {
  const { name, place, value } = entry;
  const map = isNull(value) ? null : reader.mapOf(value, `the input '${name}'`, INPUT_KEYS);
  const from = map?.entries.get('from')?.value;
  const sha256 = map?.entries.get('sha256')?.value;
  return {
    name,
    place,
    from: from && !isNull(from) ? reader.text(from, `'from' of the input '${name}'`) : null,
    sha256: sha256 ? parseChecksum(reader, sha256) : null,
  };
}

function parseChecksum(reader: TreeReader, node: TreeNode): string | null {
  const text = node.kind === 'scalar' ? String(node.value).toLowerCase() : '';
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  reader.mistakes.add(
    'WORKFLOW_VALUE_INVALID',
    placeOf(node),
    'sha256 must be 64 hexadecimal digits',
    'write what `sha256sum FILE` prints',
  );
  return null;
}
