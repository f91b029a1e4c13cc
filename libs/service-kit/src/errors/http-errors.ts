import { errorsOf } from './service-error.js';

const BACK_END_AWAY = {
  status: 503,
  sentence: '{reason}',
  mend: 'wait until the back ends that are named answer; what was committed is kept',
} as const;

/** For whoever asked while a back end was away. */
export const BACK_END_MEND = BACK_END_AWAY.mend;

/** What any route can answer, whatever it does. */
export const HTTP_ERRORS = {
  HTTP_REQUEST_INVALID: {
    status: 400,
    sentence: '{reason}',
    mend: 'correct the named fields; the API documentation lists them all',
  },
  HTTP_BODY_INVALID: { status: 400, sentence: '{reason}', mend: 'send a body of the announced type and length' },
  HTTP_NOT_FOUND: {
    status: 404,
    sentence: '{reason}',
    mend: 'see the API documentation for the paths there are',
  },
  INTERNAL_ERROR: {
    status: 500,
    sentence: 'something that should not happen did',
    mend: 'see the log of the process; if it happens again, report it with the log',
  },
  DATABASE_UNREACHABLE: BACK_END_AWAY,
  BROKER_UNREACHABLE: BACK_END_AWAY,
  STORE_UNAVAILABLE: BACK_END_AWAY,
  DISK_FULL: {
    status: 507,
    sentence: 'the disk is full: {reason}',
    mend: 'free some disk where the data directory lies, then try again; nothing that was stored before is lost',
  },
} as const;

export const httpError = errorsOf(HTTP_ERRORS);

/** With which statuses a body that can't be read is answered: malformed, too large, of an encoding that nobody knows. */
export const BODY_STATUSES = [400, 413, 415] as const;
