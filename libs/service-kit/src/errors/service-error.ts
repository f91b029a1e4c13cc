/** One row of a service's table of errors. `{name}` in a sentence is filled in when it is thrown. */
export interface ErrorRow {
  /** HTTP status */
  status: number;
  sentence: string;
  /** what the user can do about it */
  mend: string;
}

/** The table of errors of a service, by code. A code is `<SERVICE>_<CONDITION>` and stable for ever. */
export type ErrorTable = Readonly<Record<string, ErrorRow>>;

/** What a caller is told of an error, whatever its origin. */
export interface ErrorBody {
  /** which error it is: stable for ever, for programs to decide by */
  code: string;
  /** what happened */
  message: string;
  /** what to do about it */
  mend: string;
  details?: unknown;
}

/** An error for the one who called: what happened, and what to do about it. */
export class ServiceError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly mend: string,
    readonly status: number,
    readonly details?: unknown,
  ) {
    super(message);
    this.name = 'ServiceError';
  }
}

/**
 * Gives the function that makes errors of a table.
 * @example const error = errorsOf({ RUN_UNKNOWN: { status: 404, sentence: 'there is no run {run}', mend: 'sedge runs list' } });
 *          throw error('RUN_UNKNOWN', { run });
 */
export function errorsOf<const Table extends ErrorTable>(table: Table) {
  return (code: keyof Table & string, values: Record<string, unknown> = {}, details?: unknown): ServiceError => {
    const row = table[code]!;
    return new ServiceError(code, fill(row.sentence, values), fill(row.mend, values), row.status, details);
  };
}

function fill(sentence: string, values: Record<string, unknown>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
