import type { IncomingMessage, RequestListener } from 'node:http';

const MEND =
  'use the address that npx sedge up printed, e.g. http://127.0.0.1:7350, from this machine or through an SSH tunnel';

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
    const message = refusalOf(request, named);
    if (message === null) return handle(request, response);
    response.writeHead(403, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
    response.end(JSON.stringify({ code: 'HTTP_ORIGIN_REFUSED', message, mend: MEND }));
  };
}

function refusalOf({ headers: { host = '', origin } }: IncomingMessage, named: string | null): string | null {
  if (!OWN_HOST.test(host) && host !== named)
    return `refusing a request for the host '${host.slice(0, 200)}': this API is for this machine alone`;
  if (origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`) return null;
  return `refusing a request of a web page of '${origin.slice(0, 200)}': this API is for this machine alone`;
}
