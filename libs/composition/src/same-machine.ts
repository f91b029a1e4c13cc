import type { IncomingMessage, RequestListener } from 'node:http';
import { errorsOf } from '@sedge/service-kit';

/** What is answered to who does not ask from this machine. */
export const ORIGIN_ERRORS = {
  HTTP_ORIGIN_REFUSED: {
    status: 403,
    sentence: 'refusing a request {of}: this API is for this machine alone',
    mend: 'use the address that npx sedge up printed, e.g. http://127.0.0.1:7350, from this machine or through an SSH tunnel',
  },
} as const;

const error = errorsOf(ORIGIN_ERRORS);

/** Names of this machine that no foreign name server can give to an address, with or without a port. */
const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

/**
 * Keeps web pages away from an API without access tokens: a page of another origin says so by `Origin`, and one whose name was bound to this
 * machine's address (DNS rebinding) says so by `Host`. What is refused is answered by 403 in the form of all errors.
 *
 * @param url by which the settings let others reach the API; its host is taken too
 */
export function onlySameMachine(handle: RequestListener, url: string | null): RequestListener {
  const named = url === null ? null : new URL(url).host;
  return (request, response) => {
    const of = foreignIn(request, named);
    if (of === null) return handle(request, response);
    const { status, code, message, mend } = error('HTTP_ORIGIN_REFUSED', { of });
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
    response.end(JSON.stringify({ code, message, mend }));
  };
}

function foreignIn({ headers: { host = '', origin } }: IncomingMessage, named: string | null): string | null {
  if (!OWN_HOST.test(host) && host !== named) return `for the host '${host.slice(0, 200)}'`;
  if (origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`) return null;
  return `of a web page of '${origin.slice(0, 200)}'`;
}
