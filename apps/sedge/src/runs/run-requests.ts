import { randomUUID } from 'node:crypto';
import type { RunView } from '@sedge/workflow';
import { IDEMPOTENCY_KEY, type ApiClient } from '../client/api-client.js';
import { ServerAwayError } from '../client/server-away.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

// Each is done once, however often it takes to hear that it was: an answer that got lost is asked for again by the key of the request. The
// API is one with patience.

export function startRun(api: ApiClient, request: object): Promise<RunView> {
  const see = { unknown: 'whether the run began', command: 'npx sedge runs list' };
  return once(api, '/v1/runs', request, see);
}

/** @param run its id as the user wrote it */
export function retryRun(api: ApiClient, run: string): Promise<RunView> {
  const see = { unknown: `whether run ${run} goes on`, command: `npx sedge status ${run}` };
  return once(api, `/v1/runs/${encodeURIComponent(run)}/retry`, {}, see);
}

/** @param run its id as the user wrote it */
export function cancelRun(api: ApiClient, run: string): Promise<RunView> {
  const see = { unknown: `whether run ${run} was cancelled`, command: `npx sedge status ${run}` };
  return once(api, `/v1/runs/${encodeURIComponent(run)}/cancel`, {}, see);
}

async function once(
  api: ApiClient,
  path: string,
  request: object,
  see: { unknown: string; command: string },
): Promise<RunView> {
  try {
    return await api.post<RunView>(path, request, { [IDEMPOTENCY_KEY]: randomUUID() });
  } catch (error) {
    if (!(error instanceof ServerAwayError) || !api.hasAnswered) throw error;
    const what = `the server does not answer any more (${error.message}); ${see.unknown} is not known`;
    throw new CommandError('CLI_CONNECTION_LOST', what, EXIT.environment, `see once it answers: ${see.command}`);
  }
}
