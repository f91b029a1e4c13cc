import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolRunner } from '@sedge/ports';
import type { ContainerResult } from '@sedge/ports/contract';
import type { JobFile, ToolDefinition, ToolLine } from '@sedge/tool-contracts';

/** Options for hosts that are containers themselves. */
const NESTED = {
  global: ['--cgroup-manager=cgroupfs', '--events-backend=file'],
  run: ['--runtime', 'runc', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'],
};
const IMAGE = 'localhost/sedge-test-tool:1';

/** What is missing for tools in containers, and how to get it; null where all is there. */
export function missingForContainers(): string | null {
  if (spawnSync('podman', ['--version']).status !== 0) return 'podman missing, get it by apt-get install podman runc';
  const compiled = spawnSync('cc', ['-static', '-x', 'c', '-o', '/dev/null', '-'], {
    input: 'int main(void) { return 0; }',
  });
  if (compiled.status === 0) return null;
  return 'static C library missing, get it by apt-get install gcc libc6-dev · dnf install gcc glibc-static';
}

/** Podman with a storage of its own, and an image of one static program. */
export class ContainerBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'sedge-container-'));
  readonly work = join(this.folder, 'work');
  private attempts = 0;
  private readonly storage = [
    ...['--root', join(this.folder, 'root'), '--runroot', join(this.folder, 'run'), '--storage-driver', 'vfs'],
  ];

  /** @returns the settings by which containers run here. @throws Error with what is missing */
  prepare(): { SEDGE_CONTAINER_OPTIONS: string; SEDGE_CONTAINER_RUN_OPTIONS: string } {
    const program = join(this.folder, 'tool');
    execFileSync('cc', ['-static', '-O1', '-o', program, join(import.meta.dirname, 'container-tool.c')]);
    execFileSync('tar', ['-C', this.folder, '-cf', join(this.folder, 'image.tar'), 'tool']);
    const command = ['import', '--change', 'CMD ["/tool"]', join(this.folder, 'image.tar'), IMAGE];
    execFileSync('podman', [...this.storage, ...command], { stdio: 'ignore' });
    let reason: unknown;
    for (const { global, run } of [{ global: [], run: [] }, NESTED]) {
      try {
        // The program finds no job and ends with 1; an engine that can't run it ends with 125 or more.
        execFileSync('podman', [...this.storage, ...global, 'run', '--rm', ...run, '--network', 'none', IMAGE], {
          stdio: 'pipe',
        });
      } catch (error) {
        reason = error;
        if ((error as { status: number }).status !== 1) continue;
        const options = [...this.storage, ...global].join(' ');
        return { SEDGE_CONTAINER_OPTIONS: options, SEDGE_CONTAINER_RUN_OPTIONS: run.join(' ') };
      }
    }
    throw new Error(`podman can't run containers here: ${String((reason as { stderr?: Buffer }).stderr ?? reason)}`);
  }

  readonly definition: ToolDefinition = {
    name: 'sample',
    version: '1',
    stage: 'samples',
    summary: 'A tool of the tests.',
    inputs: { text: { kind: 'note' } },
    outputs: { note: { kind: 'note' } },
    parameters: { type: 'object', properties: { do: { type: 'string', default: '' } } },
    resources: { cpu: 1, memoryMb: 64 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'container', image: IMAGE, command: ['/tool'] },
    graceMs: 300,
  };

  /** Runs the tool once. @param what it does: see container-tool.c */
  async run(
    runner: ToolRunner,
    { what, signal, onLine }: { what: string; signal: AbortSignal; onLine?: ((line: ToolLine) => void) | undefined },
  ): Promise<ContainerResult> {
    const workDirectory = join(this.work, 'samples', `job-${++this.attempts}`, 'attempt-1');
    const output = join(workDirectory, 'outputs', 'note');
    const input = join(workDirectory, 'inputs', 'text');
    const scratch = join(workDirectory, '..', 'scratch');
    for (const path of [output, input, scratch]) mkdirSync(path, { recursive: true });
    writeFileSync(join(input, 'note.txt'), 'hello');
    const id = `sha256:${'0'.repeat(64)}` as const;
    const job: JobFile = {
      job: id,
      attempt: 1,
      inputs: { text: { path: input, id, kind: 'note', metadata: {} } },
      outputs: { note: { path: output, kind: 'note' } },
      parameters: { do: what },
      scratch,
      threads: 1,
    };
    const lines: ToolLine[] = [];
    const tool = { definition: this.definition, digest: id, machine: {} };
    const take = (line: ToolLine): void => {
      lines.push(line);
      onLine?.(line);
    };
    const outcome = await runner.run({ tool, folder: null, job, workDirectory, signal, onLine: take });
    return { outcome, lines, output };
  }

  /** The image by its digest. */
  pinnedImage(): string {
    const digest = this.podman(['image', 'inspect', '--format', '{{.Digest}}', IMAGE]);
    return `${IMAGE.replace(/:\d+$/, '')}@${digest}`;
  }

  /** Calls podman as the runner does. @returns what it prints */
  podman(args: string[]): string {
    const options = (process.env['SEDGE_CONTAINER_OPTIONS'] ?? '').split(' ').filter((option) => option !== '');
    return execFileSync('podman', [...options, ...args], { encoding: 'utf8' }).trim();
  }

  /** @returns ids of the containers that run */
  containers(): string[] {
    const text = this.podman(['ps', '--quiet']);
    return text.split('\n').filter((line) => line !== '');
  }

  remove(): void {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}
