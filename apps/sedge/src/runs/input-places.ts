import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { nearestName } from '@sedge/tool-contracts';
import type { CheckAnswer, CheckedStep } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { counted } from '../output/units.js';
import type { WorkflowRequest } from './workflow-request.js';

type Input = NonNullable<CheckedStep['input']>;

/**
 * Looks before anything starts whether the files and folders that a workflow takes in are there. Only for a Sedge on this machine: the files of
 * another one can't be seen from here. Other mistakes of the workflow are left to who runs it.
 *
 * @throws CommandError CLI_INPUT_ABSENT with the place of each
 */
export async function assertInputsThere(api: ApiClient, request: WorkflowRequest): Promise<void> {
  const answer = await api.post<CheckAnswer>('/v1/workflows/check', request);
  if (!answer.ok) return;
  const inputs = answer.workflow.steps.flatMap(({ input }) => input ?? []);
  const absent = inputs.filter(({ from }) => isAbsolute(from) && !existsSync(from));
  if (absent.length === 0) return;
  const mistakes = await Promise.all(absent.map(mistakeOf));
  const what = `${request.file}: ${counted(absent.length, 'input')} can't be brought in, so nothing was started`;
  throw new CommandError('CLI_INPUT_ABSENT', what, EXIT.usage, 'correct the path', { mistakes });
}

async function mistakeOf({ from, place }: Input): Promise<{ message: string; mend: string; place: Input['place'] }> {
  const names = await readdir(dirname(from)).catch(() => []);
  const nearest = nearestName(basename(from), names);
  const meant = nearest === null ? null : relative(process.cwd(), join(dirname(from), nearest));
  const mend = meant === null ? 'correct the path' : `did you mean '${meant}'?`;
  return { message: `there is no file or folder '${from}'`, mend, place };
}
