import { EXIT, type ExitCode } from './exit-codes.js';

/** An outcome that ends a command with a sentence for the user and an exit code. */
export class CommandError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = EXIT.failed,
    /** what the user can do about it */
    readonly mend?: string,
    /** further facts for `--json` */
    readonly details?: unknown,
  ) {
    super(message);
    this.name = 'CommandError';
  }
}
