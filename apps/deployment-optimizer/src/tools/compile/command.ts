import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface CommandResult {
  /** null when a signal ended it */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** the last of what it printed, standard output and error together */
  output: string;
}

const KEPT_LINES = 60;

/**
 * Runs a command without a shell and hands its lines on as they come.
 * @throws the system's error when it can't be started (ENOENT: there is no such program), AbortError when `signal` ends it
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { signal: AbortSignal; onLine?: (line: string) => void },
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: options.signal,
      env: withoutBuildFlags(process.env),
    });
    child.on('error', reject);
    // Without a process there may be no output to listen to either.
    if (child.pid === undefined) return;
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        options.onLine?.(line);
      });
    }
    child.on('close', (code, signal) => resolve({ code, signal, output: lines.join('\n') }));
  });
}

/** Flags of the user's shell would change the program; its sources say all that it needs. */
function withoutBuildFlags(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { CFLAGS: _c, CXXFLAGS: _cxx, CPPFLAGS: _cpp, LDFLAGS: _ld, ...rest } = environment;
  return rest;
}
