import type { ApiClient } from '../client/api-client.js';
import type { CommandContext } from '../command.js';
import { assertInputsThere } from '../runs/input-places.js';
import type { WorkflowRequest } from '../runs/workflow-request.js';

/**
 * Sees to it that a Sedge can take the inputs of a workflow in: one on this machine reads them where they lie, to one that the user named they
 * are brought. @returns the request that this Sedge is given
 */
export async function readyInputs(
  context: CommandContext,
  api: ApiClient,
  request: WorkflowRequest,
  options: Record<string, unknown>,
): Promise<WorkflowRequest> {
  if (context.server !== null) {
    // Loaded only when needed: readers of workflows and archives are behind this import.
    const { bringInputs } = await import('./bring-inputs.js');
    return bringInputs(context, api, request, options['tokenFile'] as string | undefined);
  }
  await assertInputsThere(api, request);
  return request;
}
