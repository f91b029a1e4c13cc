import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ToolUnavailableError } from '@sedge/ports';

const run = promisify(execFile);

/** Podman first: it needs no daemon and no rights of root. */
const ENGINES = ['podman', 'docker'] as const;

/** Finds a container engine that works, not merely one that is installed. */
export async function findEngine(): Promise<string> {
  const reasons: string[] = [];
  for (const engine of ENGINES) {
    try {
      await run(engine, ['version', '--format', 'json'], { timeout: 20_000 });
      return engine;
    } catch (error) {
      const { code, stderr } = error as { code?: string; stderr?: string };
      reasons.push(
        code === 'ENOENT' ? `${engine} is not installed` : `${engine}: ${(stderr ?? '').trim().split('\n')[0]}`,
      );
    }
  }
  const mend = 'install podman, e.g. apt-get install podman, or choose another runtime for the tool';
  throw new ToolUnavailableError('CONTAINER_ENGINE_MISSING', `no container engine works (${reasons.join('; ')})`, mend);
}

/** The digest of an image that is here, or can be had. */
export async function imageDigest(engine: string, image: string): Promise<string> {
  const inspect = async (): Promise<string> =>
    (await run(engine, ['image', 'inspect', '--format', '{{.Id}}', image], { timeout: 20_000 })).stdout.trim();
  try {
    return await inspect();
  } catch {
    try {
      await run(engine, ['pull', '--quiet', image], { timeout: 600_000 });
      return await inspect();
    } catch (error) {
      const reason = ((error as { stderr?: string }).stderr ?? '').trim().split('\n').at(-1);
      const mend = `build it, or check its name: ${engine} pull ${image}`;
      throw new ToolUnavailableError('CONTAINER_IMAGE_MISSING', `the image ${image} can't be had: ${reason}`, mend);
    }
  }
}
