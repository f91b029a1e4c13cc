import { setTimeout as pause } from 'node:timers/promises';
import { Patience } from './client/patience.js';
import type { CommandContext, SedgeCommand } from './command.js';
import { CommandError } from './errors.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { completing } from './output/command-hints.js';
import { mistakesText } from './output/mistakes.js';
import { printJson, printLine, printNote } from './output/printing.js';
import { red } from './output/terminal.js';
import { answers, connectOrStart, type Connection, type NamedServer } from './server/connect.js';
import { dataDirectoryOf, socketPathOf } from './server/data-directory.js';

export interface GlobalOptions extends Record<string, unknown> {
  json?: boolean;
  dataDir?: string;
  server?: string;
  tokenFile?: string;
  verbose?: boolean;
}

/** Runs one command: connects when it asks, ends what was started for it, and turns errors into sentences and exit codes. */
export async function executeCommand(command: SedgeCommand, args: string[], options: GlobalOptions): Promise<ExitCode> {
  const interruption = watchInterrupts();
  const patience = new Patience(interruption.signal, printNote);
  const complete = completing(options);
  const isVerbose = options.verbose === true;
  const connector = new Connector(dataDirectoryOf(options.dataDir), serverOf(options), isVerbose);
  const isJson = options.json === true;
  const context: CommandContext = {
    isJson,
    isVerbose,
    signal: interruption.signal,
    dataDirectory: connector.dataDirectory,
    api: async () => (await connector.open()).api,
    server: options.server ?? null,
    complete,
    patientApi: async () => (await connector.open()).api.withPatience(patience),
    ownsServer: async () => (await connector.open()).isOwn,
    isServerRunning: () => connector.isRunning(),
    revive: () => connector.reopen(interruption.signal),
    say: (text) => void (isJson || printLine(text)),
    emit: (value) => void (isJson && printJson(value)),
  };
  try {
    return await command.run(context, args, options);
  } catch (error) {
    return report(error, { isJson, isInterrupted: interruption.signal.aborted, complete });
  } finally {
    await connector.close();
    interruption.end();
  }
}

const serverOf = ({ server, tokenFile }: GlobalOptions): NamedServer | undefined =>
  server === undefined ? undefined : { url: server, tokenFile };

/** How long a process that ends may keep the data directory. */
const TAKE_OVER_MS = 30_000;

/** The connection of one command: opened when first asked for. */
class Connector {
  private connection: Promise<Connection> | null = null;

  constructor(
    readonly dataDirectory: string,
    private readonly server: NamedServer | undefined,
    private readonly isVerbose: boolean,
  ) {}

  open(): Promise<Connection> {
    return (this.connection ??= connectOrStart(this.dataDirectory, this.server, this.isVerbose));
  }

  /**
   * Stands in for a process that has ended, which may take its time to let go of the data directory. Requests go to the same socket as before.
   * @returns false where the user named the server
   */
  async reopen(signal: AbortSignal): Promise<boolean> {
    if (this.server !== undefined) return false;
    for (const deadline = Date.now() + TAKE_OVER_MS; ; await pause(500, undefined, { signal })) {
      try {
        this.connection = null;
        await this.open();
        return true;
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
    }
  }

  async isRunning(): Promise<boolean> {
    return this.server !== undefined || (await answers(socketPathOf(this.dataDirectory)));
  }

  async close(): Promise<void> {
    const open = await this.connection?.catch(() => null);
    await open?.close().catch((error: Error) => printNote(`ending was not clean: ${error.message}`));
  }
}

/** The first Ctrl-C asks the command to end; a second one ends the process at once. */
function watchInterrupts(): { signal: AbortSignal; end(): void } {
  const abort = new AbortController();
  const interrupt = (): void => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return { signal: abort.signal, end: () => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt) };
}

interface Reporting {
  isJson: boolean;
  isInterrupted: boolean;
  /** completes the commands that a mend names, be it of this program or of the server */
  complete: CommandContext['complete'];
}

function report(error: unknown, { isJson, isInterrupted, complete }: Reporting): ExitCode {
  if (isInterrupted && !(error instanceof CommandError)) {
    if (isJson) printJson({ error: { code: 'CLI_INTERRUPTED', message: 'interrupted' } });
    else printNote('interrupted');
    return EXIT.interrupted;
  }
  const known = error instanceof CommandError ? error : unexpected(error);
  const { code, message, details } = known;
  const mend = known.mend && complete(known.mend);
  if (isJson) {
    const facts = { ...(mend && { mend }), ...(details !== undefined && { details }) };
    printJson({ error: { code, message, ...facts } });
  } else {
    const places = mistakesText(details);
    printNote([`${red('error')} ${message}`, ...(places ? [places] : mend ? [`  ${mend}`] : [])].join('\n'));
  }
  return known.exitCode;
}

function unexpected(error: unknown): CommandError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CommandError(
    'CLI_UNEXPECTED',
    message,
    EXIT.failed,
    'this should not happen: report it with the text above',
  );
}
