import { mkdir } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { ToolOutcome, ToolPreparation, ToolRun, ToolRunner } from '@sedge/ports';
import { ToolUnavailableError } from '@sedge/ports';
import type { ToolDefinition } from '@sedge/tool-contracts';
import { PythonEnvironments, type WaitForLock } from './python-environments.js';
import { folderIdentity } from './folder-identity.js';
import { forgetPid, killOrphans, notePid } from './orphans.js';
import { runToolCommand } from './run-tool-command.js';
import { assertProgram } from './tool-program.js';
import { toolEnvironment } from './tool-environment.js';

export interface ProcessRunnerOptions {
  /** where Python environments are kept, one per lock and Python version */
  environmentsDirectory: string;
  /** keeps processes that share the directory from making the same environment at once */
  waitForLock: WaitForLock;
}

const DEFAULT_GRACE_MS = 5000;

/** Runs tools as processes of this machine, in their folder, with an environment that holds nothing of the service's secrets. */
export class ProcessRunner implements ToolRunner {
  readonly runtime = 'process';
  private readonly environments: PythonEnvironments;

  constructor({ environmentsDirectory, waitForLock }: ProcessRunnerOptions) {
    this.environments = new PythonEnvironments(environmentsDirectory, waitForLock);
  }

  async identify(definition: ToolDefinition, folder: string | null): Promise<Record<string, unknown>> {
    const { runtime } = definition;
    if (runtime.kind !== 'process' || folder === null) throw withoutFolder(definition);
    const environment = runtime.environment ? await this.environments.identify(runtime.environment, folder) : null;
    return { files: await folderIdentity(folder), environment };
  }

  async assertStartable({ runtime }: ToolDefinition, folder: string | null): Promise<void> {
    if (runtime.kind !== 'process' || folder === null) return;
    const [file] = runtime.command as [string, ...string[]];
    // The programs of an environment of its own are known once it is made.
    if (runtime.environment && !file.includes('/')) return;
    await assertProgram(file, folder);
  }

  async run({ tool, folder, workDirectory, traceparent, signal, onLine }: ToolRun): Promise<ToolOutcome> {
    const { definition } = tool;
    const { runtime } = definition;
    if (runtime.kind !== 'process' || folder === null) throw withoutFolder(definition);
    const environment = runtime.environment
      ? await this.environments.prepare(runtime.environment, { folder, definition, signal, onLine })
      : null;
    if (environment && !environment.ok) return environment.outcome;
    const temporary = join(workDirectory, 'tmp');
    await mkdir(temporary, { recursive: true });
    const jobFolder = dirname(workDirectory);
    const jobFile = join(workDirectory, 'job.json');
    const [file, ...args] = runtime.command as [string, ...string[]];
    const path = process.env['PATH'] ?? '';
    const outcome = await runToolCommand({
      file: environment && file === 'python' ? join(environment.binaries, 'python') : file,
      args,
      workDirectory: folder,
      environment: toolEnvironment({
        SEDGE_JOB: jobFile,
        TMPDIR: temporary,
        ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
        ...(environment && { PATH: `${environment.binaries}${delimiter}${path}`, VIRTUAL_ENV: environment.path }),
      }),
      mark: `SEDGE_JOB=${jobFile}\0`,
      graceMs: definition.graceMs ?? DEFAULT_GRACE_MS,
      signal,
      onLine,
      onStart: (pid) => void notePid(jobFolder, pid).catch(() => undefined),
    });
    await forgetPid(jobFolder);
    return outcome;
  }

  async prepare({ definition, folder, signal, onLine }: ToolPreparation): Promise<ToolOutcome> {
    const { runtime } = definition;
    if (runtime.kind !== 'process' || folder === null) throw withoutFolder(definition);
    if (!runtime.environment) return { status: 'succeeded' };
    const prepared = await this.environments.prepare(runtime.environment, { folder, definition, signal, onLine });
    return prepared.ok ? { status: 'succeeded' } : prepared.outcome;
  }

  async recover(workDirectory: string): Promise<void> {
    await killOrphans(workDirectory);
    await this.environments.removeUnused();
  }
}

function withoutFolder({ name }: ToolDefinition): ToolUnavailableError {
  return new ToolUnavailableError(
    'TOOL_FOLDER_MISSING',
    `${name} has no folder`,
    'give the tool a folder with its files',
  );
}
