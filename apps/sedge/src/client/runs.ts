import type { RunPage, RunSummary } from '@sedge/workflow';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { ApiClient } from './api-client.js';

const PAGE = 100;

/** Runs, newest first, at most `limit`. */
export async function listRuns(api: ApiClient, limit: number): Promise<RunSummary[]> {
  const runs: RunSummary[] = [];
  let cursor: string | null = null;
  do {
    const size = Math.min(PAGE, limit - runs.length);
    const query = new URLSearchParams({ limit: String(size), ...(cursor && { cursor }) });
    const page: RunPage = await api.get<RunPage>(`/v1/runs?${query.toString()}`);
    runs.push(...page.runs);
    cursor = page.nextCursor;
  } while (cursor !== null && runs.length < limit);
  return runs;
}

/** The run that is named, or the newest one. @throws CommandError CLI_NO_RUNS */
export async function runIdOf(api: ApiClient, text: string | undefined): Promise<string> {
  if (text !== undefined) return encodeURIComponent(text);
  const [newest] = await listRuns(api, 1);
  if (newest) return newest.id;
  throw new CommandError('CLI_NO_RUNS', 'nothing was run yet', EXIT.notFound, 'start one: npx sedge run WORKFLOW');
}
