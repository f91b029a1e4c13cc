import type { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';

export interface LogLine {
  time: string;
  level: string;
  message: string;
}

/** Reads the log of a step's job, oldest line first. */
export async function readStepLog(
  api: ApiClient,
  run: string,
  step: string,
  attempt: string | null,
): Promise<LogLine[]> {
  const query = new URLSearchParams({ step, ...(attempt && { attempt }) });
  const text = await api.text(`/v1/runs/${run}/logs?${query.toString()}`);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** The last lines of the log of a step that failed; none where it had no job. */
export async function logTail(api: ApiClient, run: string, step: string, count: number): Promise<LogLine[]> {
  try {
    return (await readStepLog(api, run, step, null)).slice(-count);
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}
