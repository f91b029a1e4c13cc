import { randomUUID } from 'node:crypto';
import type { RunView } from '@sedge/workflow';
import { IDEMPOTENCY_KEY, type ApiClient } from '../client/api-client.js';
import { ServerAwayError } from '../client/server-away.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/**
 * Starts a run once, however often it takes to hear that it was: an answer that got lost is asked for again by the key of the request.
 * @param api with patience
 */
export async function startRun(api: ApiClient, request: object): Promise<RunView> {
  try {
    return await api.post<RunView>('/v1/runs', request, { [IDEMPOTENCY_KEY]: randomUUID() });
  } catch (error) {
    if (!(error instanceof ServerAwayError) || !api.hasAnswered) throw error;
    const what = `the server does not answer any more (${error.message}); whether the run began is not known`;
    throw new CommandError('CLI_CONNECTION_LOST', what, EXIT.environment, 'see once it answers: npx sedge runs list');
  }
}
