import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { nearestName } from '@sedge/tool-contracts';
import type { CheckAnswer } from '@sedge/workflow';
import type { LocatedInput } from '@sedge/workflow/located-inputs';
import type { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { counted } from '../output/units.js';
import type { WorkflowRequest } from './workflow-request.js';

type Place = Pick<LocatedInput, 'from' | 'place'>;

/**
 * Looks before anything starts whether the files and folders that a workflow takes in are there, for a Sedge on this machine. Other mistakes of the workflow are left to who runs it.
 *
 * @throws CommandError CLI_INPUT_ABSENT with the place of each
 */
export async function assertInputsThere(api: ApiClient, request: WorkflowRequest): Promise<void> {
  const answer = await api.post<CheckAnswer>('/v1/workflows/check', request);
  if (!answer.ok) return;
  const absent = answer.workflow.steps.flatMap(({ input }) => {
    const from = input?.from ?? null;
    return from !== null && isAbsolute(from) && !existsSync(from) ? [{ from, place: input!.place }] : [];
  });
  if (absent.length > 0) throw await inputsAbsent(request.file, absent);
}

/** Says of inputs of a workflow that they are not on this machine, each with its place. */
export async function inputsAbsent(file: string, absent: readonly Place[]): Promise<CommandError> {
  const mistakes = await Promise.all(absent.map(mistakeOf));
  const what = `${file}: ${counted(absent.length, 'input')} can't be brought in, so nothing was started`;
  return new CommandError('CLI_INPUT_ABSENT', what, EXIT.usage, 'correct the path', { mistakes });
}

async function mistakeOf({ from, place }: Place): Promise<{ message: string; mend: string; place: Place['place'] }> {
  const names = await readdir(dirname(from)).catch(() => []);
  const nearest = nearestName(basename(from), names);
  const meant = nearest === null ? null : relative(process.cwd(), join(dirname(from), nearest));
  const mend = meant === null ? 'correct the path' : `did you mean '${meant}'?`;
  return { message: `there is no file or folder '${from}'`, mend, place };
}
