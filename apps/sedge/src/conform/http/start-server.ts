import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../../errors.js';
import { EXIT } from '../../exit-codes.js';
import type { NamedTool } from '../bench.js';
import { StartedProgram } from '../started-program.js';

const START_MS = 30_000;

/** Starts the server of an http tool, and waits until it answers. @throws CommandError with its last words */
export async function startServer(tool: NamedTool, command: string): Promise<StartedProgram> {
  const runtime = 'folder' in tool ? tool.definition.runtime : null;
  if (runtime?.kind !== 'http') {
    const message = '--start is for the worker of an external tool and the server of an http tool';
    throw new CommandError('CONFORM_START_UNUSED', message, EXIT.usage, 'leave it out');
  }
  const server = new StartedProgram(command);
  server.start();
  if (await answers(runtime.url, server)) return server;
  await server.kill();
  const message = `the server of the tool does not answer at ${runtime.url}: ${server.lastWords}`;
  throw new CommandError('CONFORM_SERVER_SILENT', message, EXIT.environment, 'see that --start makes it listen there');
}

/** Waits until the server of a tool answers, or has ended. @returns whether it does */
export async function answers(url: string, server: StartedProgram): Promise<boolean> {
  for (const deadline = Date.now() + START_MS; server.isAlive && Date.now() < deadline; await sleep(50)) {
    const isThere = await fetch(`${url.replace(/\/$/, '')}/v1/tool`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return true;
  }
  return false;
}
