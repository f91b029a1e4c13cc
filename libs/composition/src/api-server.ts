import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';

/** How long a client may take. */
export interface ApiPatience {
  /** until the head of a request is whole */
  headMs: number;
  /** between two pieces of its body */
  silenceMs: number;
}

const PATIENCE: ApiPatience = { headMs: 60_000, silenceMs: 300_000 };

/** A server of the API: a body may take as long as it comes at all, since artifacts are as large as they are and networks as slow. */
export function createApiServer(handle: RequestListener, patience = PATIENCE): Server {
  const { headMs, silenceMs } = patience;
  const checkMs = Math.min(headMs, 30_000);
  const options = { requestTimeout: 0, headersTimeout: headMs, connectionsCheckingInterval: checkMs };
  return createServer(options, (request, response) => {
    if (hasBody(request)) endWhenSilent(request, response, silenceMs);
    handle(request, response);
  });
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 0;

/** Breaks the connection of a body that stops coming. What comes after the body, a long answer too, has its time. */
function endWhenSilent(request: IncomingMessage, response: ServerResponse, silenceMs: number): void {
  request.setTimeout(silenceMs, () => request.destroy());
  request.once('end', () => {
    // After the answer, the time of the socket is that of a connection which waits for the next request.
    if (!response.writableFinished) request.setTimeout(0);
  });
}
