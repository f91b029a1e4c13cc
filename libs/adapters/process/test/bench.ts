import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ToolOutcome } from '@sedge/ports';
import type { JobFile, ToolDefinition, ToolLine, ToolRuntime } from '@sedge/tool-contracts';
import { ProcessRunner } from '../src/index.js';

/** A folder of a tool, a runner, and a way to run it as a stage does. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'sedge-process-'));
  readonly toolFolder = join(this.folder, 'tool');
  readonly environments = join(this.folder, 'environments');
  readonly runner = this.otherRunner();
  private attempts = 0;

  constructor(files: Record<string, string>) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  otherRunner(): ProcessRunner {
    return new ProcessRunner({ environmentsDirectory: this.environments, waitForLock: async () => async () => {} });
  }

  write(name: string, text: string): void {
    const path = join(this.toolFolder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  definition(runtime: ToolRuntime, more: Partial<ToolDefinition> = {}): ToolDefinition {
    return {
      name: 'sample',
      version: '1',
      stage: 'samples',
      summary: 'A tool of the tests.',
      inputs: {},
      outputs: { note: { kind: 'note' } },
      parameters: { type: 'object', properties: {} },
      resources: { cpu: 1, memoryMb: 16 },
      reproducibility: { level: 'bitwise' },
      runtime,
      graceMs: 500,
      ...more,
    };
  }

  /** @returns the outcome, all lines, and where the output and the working directory are */
  async run(
    definition: ToolDefinition,
    { parameters = {}, signal = new AbortController().signal, runner = this.runner, onLine }: RunOptions = {},
  ): Promise<BenchResult> {
    const workDirectory = join(this.folder, `job-${++this.attempts}`, 'attempt-1');
    const output = join(workDirectory, 'outputs', 'note');
    const scratch = join(workDirectory, '..', 'scratch');
    for (const path of [output, scratch]) mkdirSync(path, { recursive: true });
    const job: JobFile = {
      job: `sha256:${'0'.repeat(64)}`,
      attempt: 1,
      inputs: {},
      outputs: { note: { path: output, kind: 'note' } },
      parameters,
      scratch,
      threads: 1,
    };
    writeFileSync(join(workDirectory, 'job.json'), JSON.stringify(job));
    const lines: ToolLine[] = [];
    const tool = { definition, digest: job.job, machine: {} };
    const take = (line: ToolLine): void => {
      lines.push(line);
      onLine?.(line);
    };
    const outcome = await runner.run({ tool, folder: this.toolFolder, job, workDirectory, signal, onLine: take });
    return { outcome, lines, output, workDirectory };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface RunOptions {
  parameters?: Record<string, unknown>;
  signal?: AbortSignal;
  runner?: ProcessRunner;
  onLine?: (line: ToolLine) => void;
}

export interface BenchResult {
  outcome: ToolOutcome;
  lines: ToolLine[];
  output: string;
  workDirectory: string;
}

export const messagesOf = (lines: ToolLine[]): string[] =>
  lines.flatMap((line) => (line.type === 'log' ? [line.message] : []));

/** Makes a package of one module, `<name>.py` with the constant VERSION, as a wheel that installers take from a folder. */
export function makeWheel(folder: string, name: string, version: string): void {
  mkdirSync(folder, { recursive: true });
  const script = `
import sys, zipfile
folder, name, version = sys.argv[1:]
info = f'{name}-{version}.dist-info'
files = {
    f'{name}.py': f'VERSION = {version!r}\\n',
    f'{info}/METADATA': f'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n',
    f'{info}/WHEEL': 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
files[f'{info}/RECORD'] = ''.join(f'{path},,\\n' for path in [*files, f'{info}/RECORD'])
with zipfile.ZipFile(f'{folder}/{name}-{version}-py3-none-any.whl', 'w') as wheel:
    for path, text in files.items():
        wheel.writestr(path, text)
`;
  execFileSync('python3', ['-c', script, folder, name, version]);
}
