import type { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** A stage as the service of workflows knows it. */
export interface KnownStage {
  name: string;
  /** address of its process; null where it is in the process that is asked */
  url: string | null;
  /** why it could not be asked; null where it answered */
  unreachable: string | null;
}

/**
 * Asks for what only the process of a stage can do: look at its files, make its environments. It decides by the caller's own token, which
 * is not handed on; so where stages are processes of their own, the one that is meant has to be named.
 * @throws CommandError CLI_STAGE_ELSEWHERE with the addresses of the stages
 */
export async function atStage<Answer>(api: ApiClient, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 'HTTP_NOT_FOUND') throw error;
    const { stages } = await api.get<{ stages: KnownStage[] }>('/v1/stages');
    const addresses = stages.map(({ name, url }) => `--server ${url} (${name})`).join(', ');
    const message = 'the stages of this Sedge are processes of their own, and only the stage itself can do that';
    throw new CommandError('CLI_STAGE_ELSEWHERE', message, EXIT.usage, `ask the one that has the tool: ${addresses}`);
  }
}
