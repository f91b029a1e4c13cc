import { isAbsolute, resolve } from 'node:path';
import { isDigest } from '@sedge/artifact-contracts';
import type { Mistakes } from './mistake.js';
import type { ParsedInput, ParsedParameter, ParsedWorkflow } from './parsed-workflow.js';
import { AliasAllowance, Source, readYaml, type TreeNode } from './yaml-tree.js';

/** Where relative paths start, absolute; null when the one who asks has no files here. */
export interface BaseDirectories {
  /** of paths in the file: the folder that it lies in */
  file: string | null;
  /** of paths given by `--set`: the folder in which the user stands */
  set: string | null;
}

/** Puts in what `--set` gives: a parameter's value or an input's `from`. Texts are read as YAML unless the parameter is a text. */
export function applyAssignments(
  workflow: ParsedWorkflow,
  set: Record<string, unknown>,
  mistakes: Mistakes,
): ParsedWorkflow {
  const known = new Set([...workflow.inputs, ...workflow.parameters].map((one) => one.name));
  const allowance = new AliasAllowance();
  for (const name of Object.keys(set)) {
    if (known.has(name)) continue;
    const message = `'${name}' is neither an input nor a parameter of the workflow`;
    mistakes.add('WORKFLOW_SET_UNKNOWN', placeOfSet(name), message, { written: name, among: known });
  }
  return {
    ...workflow,
    inputs: workflow.inputs.map((input) =>
      Object.hasOwn(set, input.name) ? setInput(input, set[input.name], mistakes) : input,
    ),
    parameters: workflow.parameters.map((parameter) => {
      if (!Object.hasOwn(set, parameter.name)) return parameter;
      return { ...parameter, value: valueOfSet(parameter, set[parameter.name], mistakes, allowance) };
    }),
  };
}

/** Where the data of an input come from: an address and an artifact's id as they are, a path made absolute. */
export function locateInput(
  input: ParsedInput,
  wasSet: boolean,
  base: BaseDirectories,
  mistakes: Mistakes,
): string | null {
  if (input.from === null) {
    const mend = `give it from: PATH, or --set ${input.name}=PATH`;
    mistakes.add(
      'WORKFLOW_INPUT_UNSET',
      input.place,
      `the input '${input.name}' says nowhere where its data come from`,
      mend,
    );
    return null;
  }
  if (isAddress(input.from) || isDigest(input.from) || isAbsolute(input.from)) return input.from;
  const directory = wasSet ? (base.set ?? base.file) : base.file;
  if (directory !== null) return resolve(directory, input.from);
  const message = `the input '${input.name}' is the relative path '${input.from}', but the request names no base directory`;
  mistakes.add(
    'WORKFLOW_VALUE_INVALID',
    input.place,
    message,
    'give an absolute path or a URL, or send baseDirectory with the request',
  );
  return null;
}

/** Whether it is an address, such as `https://…` and `file://…`: what is none is a path, or an artifact's id. */
export const isAddress = (from: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(from);

function setInput(input: ParsedInput, value: unknown, mistakes: Mistakes): ParsedInput {
  // A checksum in the file belongs to the address beside it, not to the one that takes its place.
  if (typeof value === 'string' && value !== '')
    return { ...input, from: value, sha256: null, place: placeOfSet(input.name) };
  const message = `the input '${input.name}' is set to what is neither a path nor an address`;
  mistakes.add('WORKFLOW_VALUE_INVALID', placeOfSet(input.name), message, `--set ${input.name}=PATH`);
  return input;
}

function valueOfSet(
  { name, value: before }: ParsedParameter,
  value: unknown,
  mistakes: Mistakes,
  allowance: AliasAllowance,
): TreeNode {
  const file = `--set ${name}`;
  if (typeof value !== 'string') return readYaml(new Source(file, JSON.stringify(value)), mistakes) ?? before;
  const source = new Source(file, value);
  // A parameter that is a text stays one: --set version=1.10 must not become the number 1.1.
  const isText = before.kind === 'scalar' && typeof before.value === 'string';
  return isText ? { kind: 'scalar', source, at: 0, value } : (readYaml(source, mistakes, allowance) ?? before);
}

function placeOfSet(name: string): ParsedInput['place'] {
  return { file: `--set ${name}`, line: 1, column: 1 };
}
