import { isDigest } from '@sedge/artifact-contracts';
import { applyAssignments, isAddress, locateInput } from './assignments.js';
import { Mistakes, type Place } from './mistake.js';
import type { WorkflowRequest } from './workflow-compiler.js';
import { parseWorkflow } from './workflow-parser.js';
import { Source } from './yaml-tree.js';

/** An input of a workflow, and where its data lie. */
export interface LocatedInput {
  name: string;
  place: Place;
  kind: 'path' | 'address' | 'artifact';
  /** as it is written in the file or by `--set` */
  written: string;
  /** an absolute path, an address, or an artifact's id */
  from: string;
  sha256: string | null;
}

/** The inputs of a workflow whose place is known. What is wrong with the workflow is told by `compileWorkflow`. */
export function locateInputs({ text, file, set, base }: WorkflowRequest): LocatedInput[] {
  const mistakes = new Mistakes();
  const parsed = parseWorkflow(new Source(file, text), mistakes);
  if (parsed === null) return [];
  return applyAssignments(parsed, set, mistakes).inputs.flatMap((input) => {
    const from = locateInput(input, Object.hasOwn(set, input.name), base, mistakes);
    if (from === null) return [];
    const { name, place, sha256 } = input;
    const kind = isDigest(from) ? 'artifact' : isAddress(from) ? 'address' : 'path';
    return { name, place, kind, written: input.from!, from, sha256 };
  });
}
