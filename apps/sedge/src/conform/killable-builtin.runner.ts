import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ToolOutcome, ToolRun, ToolRunner } from '@sedge/ports';
import { parseToolLine } from '@sedge/tool-contracts';

const ENTRY = fileURLToPath(new URL('./builtin-process.js', import.meta.url));

/** Runs a built-in tool in a process of its own, which can be killed as the whole service could. */
export class KillableBuiltinRunner implements ToolRunner {
  readonly runtime = 'builtin';
  private readonly children = new Set<ChildProcess>();

  /** @param place the file that exports the tool */
  constructor(private readonly place: string) {}

  async identify(): Promise<Record<string, unknown>> {
    throw new Error('a tool is identified by the stage that has it');
  }

  async run({ workDirectory, onLine }: ToolRun): Promise<ToolOutcome> {
    const child = spawn(process.execPath, [ENTRY, this.place], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, SEDGE_JOB: join(workDirectory, 'job.json') },
    });
    // Without a process there may be no output to listen to either.
    await once(child, 'spawn');
    this.children.add(child);
    createInterface({ input: child.stdout }).on('line', (line) => onLine(parseToolLine(line)));
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    this.children.delete(child);
    if (code === 0) return { status: 'succeeded' };
    const message = `the process of the tool ended with ${signal ?? `exit code ${code}`}`;
    return { status: 'failed', class: signal === 'SIGKILL' ? 'transient' : 'permanent', code: 'TOOL_FAILED', message };
  }

  async recover(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
  }
}
