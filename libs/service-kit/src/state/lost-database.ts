import { LostBackEndError } from '@sedge/ports';
import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

/**
 * SQLSTATE 08 (connection), 25P03 and 57P05 (this process stood still for so long that the server ended its connection), 53300 (no
 * connection is free), 57P01 to 57P03 (the server is ending, or starting).
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const STATES = /^(08...|25P03|53300|57P0[1235])$/;
const NETWORK = /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What the driver says in words alone. */
const SENTENCES =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed)/;

/** Gives what a statement gives. @throws LostBackEndError where the connection to the database is why it fails */
export async function orLostDatabase<Result>(statement: Promise<Result>): Promise<Result> {
  try {
    return await statement;
  } catch (error) {
    throw isLostDatabase(error) ? new LostBackEndError('database', error) : error;
  }
}

/** Whether an error of the driver says that the server can't be spoken to, rather than what it thinks of a statement. */
export function isLostDatabase(error: unknown): boolean {
  // A transaction whose connection broke between two of its statements.
  if (error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError)
    return true;
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  return STATES.test(code) || NETWORK.test(code) || SENTENCES.test(error.message);
}
