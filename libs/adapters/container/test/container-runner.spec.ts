import { join } from 'node:path';
import { runToolCommand } from '@sedge/adapter-process';
import { describeContainerRunner } from '@sedge/ports/contract';
import { ContainerBench, missingForContainers } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ContainerRunner } from '../src/index.js';

const reason = missingForContainers();
if (reason !== null) process.stdout.write(`skipped: ${reason}\n`);

describe.skipIf(reason !== null)('tools in containers', () => {
  const bench = new ContainerBench();
  const runner = new ContainerRunner(runToolCommand);
  beforeAll(() => {
    for (const [name, value] of Object.entries(bench.prepare())) vi.stubEnv(name, value);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    bench.remove();
  });

  describeContainerRunner('podman', () =>
    Promise.resolve({
      run: (what, signal, onLine) => bench.run(runner, { what, signal, onLine }),
      running: () => bench.containers().length,
      recover: (ownFolder) => runner.recover(ownFolder ? bench.work : join(bench.folder, 'other')),
      close: () => Promise.resolve(),
    }),
  );

  it('are named by the digest of their image; one that is not there is refused with what to do', async () => {
    expect(await runner.identify(bench.definition)).toEqual({
      image: expect.stringMatching(/^(sha256:)?[0-9a-f]{64}$/),
    });
    const pinned = { ...bench.definition, runtime: { kind: 'container' as const, image: bench.pinnedImage() } };
    expect(await runner.identify(pinned)).toEqual({ image: bench.pinnedImage().replace(/^.*@/, '') });
    const missing = {
      ...bench.definition,
      runtime: { kind: 'container' as const, image: 'localhost/no-such-image:1' },
    };
    await expect(runner.identify(missing)).rejects.toMatchObject({
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
      await expect(new ContainerRunner(runToolCommand).identify(bench.definition)).rejects.toMatchObject({
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
