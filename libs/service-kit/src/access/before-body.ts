import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.js';

/**
 * Stands before whatever reads bodies: nobody who is unknown makes this process take one in. Routes that are open to everybody take none.
 * @returns a handler of express
 */
export function knownBeforeBody(
  access: Access,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  return (request, _response, next) => {
    if (!hasBody(request)) return next();
    access.whoAsks(request).then(() => next(), next);
  };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
