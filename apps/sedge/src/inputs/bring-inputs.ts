import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import type { Digest } from '@sedge/artifact-contracts';
import { measureSource, type MeasuredSource } from '@sedge/ingestion/measured-source';
import { ToolError } from '@sedge/tool-contracts';
import type { CheckAnswer } from '@sedge/workflow';
import { locateInputs, type LocatedInput } from '@sedge/workflow/located-inputs';
import type { ApiClient } from '../client/api-client.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { bytes } from '../output/units.js';
import { inputsAbsent } from '../runs/input-places.js';
import type { WorkflowRequest } from '../runs/workflow-request.js';
import { SourceUpload } from './source-upload.js';
import { UploadDisplay } from './upload-display.js';
import { inputsUnusable, type UnusableInput } from './unusable-inputs.js';

/** An input of this machine, and what it is as a source. */
type MeasuredInput = LocatedInput & { source: MeasuredSource };

/**
 * Brings the inputs of a workflow that lie on this machine to a server on another one. What is nowhere here and named by an absolute path is left
 * to the server; so is what has an address, `file://` too. Which files these are is read from the workflow here: no server is asked for it.
 *
 * @param tokenFile the file of the access token, which is never taken
 * @returns the request with the artifacts in place of what was brought
 * @throws CommandError CLI_INPUT_ABSENT, CLI_SERVER_OLDER, CLI_INTERRUPTED, INGESTION_SOURCE_…, CLI_INPUTS_UNUSABLE
 */
export async function bringInputs(
  context: CommandContext,
  api: ApiClient,
  request: WorkflowRequest,
  tokenFile: string | undefined,
): Promise<WorkflowRequest> {
  const local = await localInputs(context, request);
  if (local.length === 0 || !(await isFit(api, request))) return request;
  const closed = [context.dataDirectory, ...(tokenFile === undefined ? [] : [resolve(tokenFile)])];
  const set = { ...request.set };
  const inputs = await measureAll(context, local, closed);
  for (const input of inputs) set[input.name] = await bring(context, api, input);
  return { ...request, set };
}

async function localInputs(context: CommandContext, request: WorkflowRequest): Promise<LocatedInput[]> {
  const { workflow: text, file, set, baseDirectory, workingDirectory } = request;
  const inputs = locateInputs({ text, file, set, base: { file: baseDirectory, set: workingDirectory } });
  const local: LocatedInput[] = [];
  const absent: LocatedInput[] = [];
  for (const input of inputs) {
    if (input.kind !== 'path') continue;
    if (await isHere(input.from)) local.push(input);
    else if (isAbsolute(input.written)) {
      context.say(`${input.name}: ${input.from} is not on this machine; the server looks for it on its own`);
    } else absent.push(input);
  }
  if (absent.length > 0) throw await inputsAbsent(request.file, absent);
  return local;
}

const isHere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  );

/** Nothing is sent for a workflow that would not start: whoever starts it is told of its mistakes. @throws CommandError CLI_SERVER_OLDER */
async function isFit(api: ApiClient, request: WorkflowRequest): Promise<boolean> {
  const answer = await api.post<CheckAnswer>('/v1/workflows/check', request);
  if (!answer.ok) return false;
  const inputs = answer.workflow.steps.flatMap(({ input }) => input ?? []);
  if (inputs.every((input) => 'artifact' in input)) return true;
  const message = 'the server is of an older version, which takes no inputs from another machine';
  const mend = 'update the server; or put the data on its machine and name them there: --set NAME=file:///PATH';
  throw new CommandError('CLI_SERVER_OLDER', message, EXIT.environment, mend);
}

/** Reads each input before the first is sent, so that all that is wrong with them is told at once. */
async function measureAll(
  context: CommandContext,
  inputs: readonly LocatedInput[],
  closed: string[],
): Promise<MeasuredInput[]> {
  const measured: MeasuredInput[] = [];
  const unusable: UnusableInput[] = [];
  for (const input of inputs) {
    try {
      measured.push({ ...input, source: await measure(context, input, closed) });
    } catch (error) {
      if (context.signal.aborted) throw interrupted(input.from, null);
      if (!(error instanceof ToolError)) throw error;
      unusable.push({ input, error });
    }
  }
  if (unusable.length > 0) throw inputsUnusable(unusable);
  return measured;
}

async function measure(
  context: CommandContext,
  { name, from, sha256 }: LocatedInput,
  closed: string[],
): Promise<MeasuredSource> {
  const display = new UploadDisplay(context, { name, path: from });
  const warn = (message: string): void => display.warn(message);
  const progress = (done: number, total: number): void => display.reading(done, total);
  try {
    return await measureSource({ path: from, closed, sha256, warn, signal: context.signal, progress });
  } finally {
    display.end();
  }
}

async function bring(context: CommandContext, api: ApiClient, input: MeasuredInput): Promise<Digest> {
  const { signal } = context;
  const { name, from, source } = input;
  const display = new UploadDisplay(context, { name, path: from });
  let sent: { doneBytes: number; totalBytes: number } | null = null;
  try {
    const totalBytes = source.file.sizeBytes;
    const upload = new SourceUpload(api, source, signal, (doneBytes) => {
      if (sent === null) display.begins(source.fileCount, totalBytes);
      sent = { doneBytes, totalBytes };
      display.sending(doneBytes, totalBytes);
    });
    const { artifact, sentBytes } = await upload.run();
    display.there(artifact, totalBytes, sentBytes);
    return artifact;
  } catch (error) {
    if (signal.aborted) throw interrupted(from, sent);
    throw error instanceof ToolError ? inputsUnusable([{ input, error }]) : error;
  } finally {
    display.end();
  }
}

function interrupted(path: string, sent: { doneBytes: number; totalBytes: number } | null): CommandError {
  const far = sent === null ? '' : `: the server has ${bytes(sent.doneBytes)} of ${bytes(sent.totalBytes)} of ${path}`;
  return new CommandError(
    'CLI_INTERRUPTED',
    `interrupted${far}`,
    EXIT.interrupted,
    'the same command goes on from there',
  );
}
