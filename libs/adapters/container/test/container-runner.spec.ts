import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ContainerBench } from './container-bench.js';

/** What is missing for these tests, and how to get it. */
function missing(): string | null {
  if (spawnSync('podman', ['--version']).status !== 0) return 'podman missing, get it by apt-get install podman runc';
  const compiled = spawnSync('cc', ['-static', '-x', 'c', '-o', '/dev/null', '-'], {
    input: 'int main(void) { return 0; }',
  });
  if (compiled.status === 0) return null;
  return 'static C library missing, get it by apt-get install gcc libc6-dev · dnf install gcc glibc-static';
}

const reason = missing();
if (reason !== null) process.stdout.write(`skipped: ${reason}\n`);

describe.skipIf(reason !== null)('a container tool', () => {
  const bench = new ContainerBench();
  beforeAll(() => {
    for (const [name, value] of Object.entries(bench.prepare())) vi.stubEnv(name, value);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    bench.remove();
  });
  const unstopped = new AbortController().signal;

  it('sees the contract of every runtime, and has no rights beyond it', async () => {
    const { outcome, lines, output } = await bench.run('', unstopped);
    expect(outcome).toEqual({ status: 'succeeded' });
    expect(lines).toContainEqual({ type: 'progress', done: 1, total: 1, unit: 'note' });
    const [words] = lines.flatMap((line) =>
      line.type === 'log' && line.message.startsWith('uid') ? [line.message] : [],
    );
    expect(words).toMatch(/^uid (?!0,)\d+, root read-only, input read-only, network none$/);
    expect(readFileSync(join(output, 'note.txt'), 'utf8')).toBe('hello');
    expect(bench.containers()).toEqual([]);
  });

  it('that fails says so with its last words', async () => {
    const { outcome } = await bench.run('fail', unstopped);
    expect(outcome).toEqual({
      status: 'failed',
      class: 'permanent',
      code: 'TOOL_FAILED',
      message: 'the tool ended with exit code 1: the reason',
    });
  });

  it('that does not listen to the signal is killed after its grace time', async () => {
    const controller = new AbortController();
    const { outcome } = await bench.run('wait', controller.signal, (line) => {
      if (line.type === 'log' && line.message === 'ready') controller.abort();
    });
    expect(outcome).toEqual({ status: 'cancelled' });
    await vi.waitFor(() => expect(bench.containers()).toEqual([]), 10_000);
  });

  it('that a dead service left running is killed by the next one on the same data directory only', async () => {
    const running = bench.run('wait', unstopped);
    await vi.waitFor(() => expect(bench.containers()).toHaveLength(1), 10_000);
    await bench.runner.recover(join(bench.folder, 'other'));
    expect(bench.containers()).toHaveLength(1);
    await bench.runner.recover(bench.work);
    expect((await running).outcome.status).toBe('failed');
    expect(bench.containers()).toEqual([]);
  });

  it('is named by the digest of its image; one that is not there is refused with what to do', async () => {
    expect(await bench.runner.identify(bench.definition)).toEqual({
      image: expect.stringMatching(/^(sha256:)?[0-9a-f]{64}$/),
    });
    const missing = {
      ...bench.definition,
      runtime: { kind: 'container' as const, image: 'localhost/no-such-image:1' },
    };
    await expect(bench.runner.identify(missing)).rejects.toMatchObject({
      code: 'CONTAINER_IMAGE_MISSING',
      mend: expect.stringContaining('podman pull localhost/no-such-image:1'),
    });
  });
});

describe('without a container engine', () => {
  it('tools in containers are refused, with how to get one', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const bench = new ContainerBench();
    try {
      await expect(bench.runner.identify(bench.definition)).rejects.toMatchObject({
        code: 'CONTAINER_ENGINE_MISSING',
        message: 'no container engine works (podman is not installed; docker is not installed)',
        mend: expect.stringContaining('apt-get install podman'),
      });
    } finally {
      vi.unstubAllEnvs();
      bench.remove();
    }
  });
});
