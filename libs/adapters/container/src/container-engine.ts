import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ToolUnavailableError } from '@sedge/ports';
import { passingShortage } from '@sedge/tool-contracts';

const run = promisify(execFile);

/** A container engine that works here. */
export interface Engine {
  command: 'podman' | 'docker';
  /** what goes before the verb, e.g. `--cgroup-manager=cgroupfs` */
  options: string[];
}

/** Podman first: it needs no daemon and no rights of root. */
const COMMANDS = ['podman', 'docker'] as const;

/** Settings of the engine beyond the defaults, for hosts that need them; split at spaces. */
export const optionsIn = (variable: string): string[] =>
  (process.env[variable] ?? '').split(' ').filter((option) => option !== '');

/** Finds a container engine that works, not merely one that is installed. */
export async function findEngine(): Promise<Engine> {
  const reasons: string[] = [];
  const options = optionsIn('SEDGE_CONTAINER_OPTIONS');
  for (const command of COMMANDS) {
    try {
      await callEngine({ command, options }, ['version', '--format', 'json']);
      return { command, options };
    } catch (error) {
      if (passingShortage(error) !== null) throw error;
      const { code, stderr } = error as { code?: string; stderr?: string };
      reasons.push(
        code === 'ENOENT' ? `${command} is not installed` : `${command}: ${(stderr ?? '').trim().split('\n')[0]}`,
      );
    }
  }
  const mend = 'install podman, e.g. apt-get install podman, or choose another runtime for the tool';
  throw new ToolUnavailableError('CONTAINER_ENGINE_MISSING', `no container engine works (${reasons.join('; ')})`, mend);
}

/** Asks the engine something. @returns what it prints */
export async function callEngine({ command, options }: Engine, args: string[], timeoutMs = 20_000): Promise<string> {
  return (await run(command, [...options, ...args], { timeout: timeoutMs })).stdout.trim();
}

/** The digest of an image that is here, or can be had. One that is named by its digest has the same one everywhere. */
export async function imageDigest(engine: Engine, image: string): Promise<string> {
  const id = await imageId(engine, image);
  return /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? id;
}

async function imageId(engine: Engine, image: string): Promise<string> {
  const inspect = (): Promise<string> => callEngine(engine, ['image', 'inspect', '--format', '{{.Id}}', image]);
  try {
    return await inspect();
  } catch {
    try {
      await callEngine(engine, ['pull', '--quiet', image], 600_000);
      return await inspect();
    } catch (error) {
      if (passingShortage(error) !== null) throw error;
      const reason = ((error as { stderr?: string }).stderr ?? '').trim().split('\n').at(-1);
      const mend = `build it, or check its name: ${engine.command} pull ${image}`;
      throw new ToolUnavailableError('CONTAINER_IMAGE_MISSING', `the image ${image} can't be had: ${reason}`, mend);
    }
  }
}
