import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '@sedge/ports';
import type { JobFile, ToolDefinition } from '@sedge/tool-contracts';
import type { Host } from '../host.js';
import { threadsFor } from '../machine.js';
import { layOutInputs } from './inputs.js';
import type { JobRow } from './job.js';
import { makeFolders, type JobFolders } from './job-folders.js';

/** What an attempt is laid out from. */
export interface JobLayout {
  job: Pick<JobRow, 'id' | 'attempt' | 'parameters' | 'inputs'>;
  definition: ToolDefinition;
  folders: JobFolders;
  store: ArtifactStore;
  host: Host;
}

/**
 * Makes the folders of an attempt: inputs out of the store, empty outputs, and `job.json`, which tells the tool of them.
 * @throws ToolError JOB_INPUT_INVALID
 */
export async function layOutJob({ job, definition, folders, store, host }: JobLayout): Promise<JobFile> {
  await makeFolders(folders);
  const inputs = await layOutInputs(store, definition, job.inputs, folders.inputs);
  const outputs: JobFile['outputs'] = {};
  for (const [name, { kind }] of Object.entries(definition.outputs)) {
    outputs[name] = { path: join(folders.outputs, name), kind };
    await mkdir(outputs[name].path);
  }
  const file: JobFile = {
    job: job.id,
    attempt: job.attempt,
    inputs,
    outputs,
    parameters: job.parameters,
    scratch: folders.scratch,
    threads: threadsFor(definition, host.machine.cores),
  };
  await writeFile(join(folders.attempt, 'job.json'), JSON.stringify(file, null, 2));
  return file;
}
