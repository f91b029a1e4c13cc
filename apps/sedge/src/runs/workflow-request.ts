import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** A workflow as the API takes it. */
export interface WorkflowRequest {
  workflow: string;
  file: string;
  baseDirectory: string;
  workingDirectory: string;
  set: Record<string, string>;
}

/**
 * Reads a workflow file and what `--set` gives.
 *
 * @param assignments each `name=value`
 * @throws CommandError CLI_FILE_UNREADABLE, CLI_BAD_SET
 */
export async function readWorkflowRequest(file: string, assignments: readonly string[]): Promise<WorkflowRequest> {
  const set = parseAssignments(assignments);
  const workflow = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error);
  });
  return { workflow, file, baseDirectory: dirname(resolve(file)), workingDirectory: process.cwd(), set };
}

function unreadable(file: string, error: NodeJS.ErrnoException): CommandError {
  if (error.code === 'ENOENT') {
    const mend = 'name a workflow file, e.g. examples/keyword-spotting/workflow.yml; npx sedge init makes one';
    return new CommandError('CLI_FILE_UNREADABLE', `there is no file '${file}'`, EXIT.notFound, mend);
  }
  const reason = error.code === 'EISDIR' ? 'it is a folder' : error.message;
  const mend = error.code === 'EISDIR' ? `name the file in it, e.g. ${file}/workflow.yml` : 'see its permissions';
  return new CommandError('CLI_FILE_UNREADABLE', `'${file}' can't be read: ${reason}`, EXIT.usage, mend);
}

function parseAssignments(assignments: readonly string[]): Record<string, string> {
  const set: Record<string, string> = {};
  for (const assignment of assignments) {
    const [, name, value] = /^([A-Za-z][A-Za-z0-9_-]*)=([\s\S]*)$/.exec(assignment) ?? [];
    if (name === undefined || value === undefined) {
      const mend = 'write --set NAME=VALUE, e.g. --set iterations=500';
      throw new CommandError('CLI_BAD_SET', `--set '${assignment}' is no assignment`, EXIT.usage, mend);
    }
    if (Object.hasOwn(set, name)) {
      throw new CommandError('CLI_BAD_SET', `--set gives '${name}' twice`, EXIT.usage, 'give each name once');
    }
    set[name] = value;
  }
  return set;
}

/** Collects a repeatable option. */
export function collect(value: string, before: string[]): string[] {
  return [...before, value];
}
