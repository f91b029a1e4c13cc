import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** The server does not answer for now: nobody listens, the connection broke, or it says that it can't serve yet. */
export class ServerAwayError extends CommandError {
  constructor(
    code: string,
    message: string,
    mend: string,
    /** nobody listens, so that nothing was sent */
    readonly isRefused: boolean,
  ) {
    super(code, message, EXIT.environment, mend);
    this.name = 'ServerAwayError';
  }
}

const REFUSED = /^(ECONNREFUSED|ENOENT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;
const BROKEN = /^(ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ERR_STREAM_PREMATURE_CLOSE)$/;
/** What answers speaks no HTTP, or no TLS. */
const FOREIGN = /^(HPE_\w+|EPROTO|ERR_SSL_\w+)$/;

/** Says of an error of the network what it means for the user; null where the network is not its origin. @param place an address, or a socket */
export function connectionFault(error: unknown, place: string): CommandError | null {
  if (!(error instanceof Error) || error instanceof CommandError) return null;
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  const isAddress = /^https?:/.test(place);
  // A file that is to be saved may be missing its folder, too.
  if (REFUSED.test(code) && (code !== 'ENOENT' || syscall === 'connect')) {
    const mend = isAddress
      ? 'start what should listen there (npx sedge up, on that machine), or correct --server'
      : 'the process of this data directory has ended; the same command again goes on with what it left';
    return new ServerAwayError('CLI_SERVER_UNREACHABLE', `nothing answers at ${place}`, mend, true);
  }
  if (FOREIGN.test(code)) return foreignServer(place);
  if (!BROKEN.test(code)) return null;
  const message = `the connection to ${place} broke before the answer was whole (${error.message})`;
  return new ServerAwayError('CLI_CONNECTION_BROKEN', message, 'try again', false);
}

/** Something else listens where Sedge should. */
export function foreignServer(place: string): CommandError {
  const mend = 'write --server as npx sedge up printed it, e.g. --server http://127.0.0.1:7350';
  return new CommandError('CLI_NOT_SEDGE', `what answers at ${place} is no Sedge`, EXIT.environment, mend);
}
