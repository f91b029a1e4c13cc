import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Rings, names the window, clears the screen, and turns the direction of writing around. */
export const HOSTILE = '\x1b]0;pwned\x07 clear\x1b[2J\x9b2J\u202e';
/** How a command shows it. */
export const SHOWN = String.raw`\u001b]0;pwned\u0007 clear\u001b[2J\u009b2J\u202e`;

const ITEM = {
  ...{ number: 0, name: 'first', step: 'first', label: '', state: 'failed', decision: 'ran', tool: 'judge@1' },
  ...{ stage: 'training', job: 'j1', outputs: null, failure: { code: 'JUDGE_FAILED', message: HOSTILE } },
  ...{ note: null, startedAt: null, finishedAt: null, durationMs: 5, progress: null, waitsFor: null },
};
const RUN = {
  ...{ id: 'r1', workflow: HOSTILE, file: 'w.yml', state: 'failed', failure: null, createdAt: '2026-01-01T00:00:00Z' },
  ...{ durationMs: 5, counts: { failed: 1 }, items: [ITEM] },
};
const LOG = { time: '2026-01-01T00:00:00Z', level: 'info', message: HOSTILE };
const ANSWERS: Record<string, [number, string]> = {
  '/v1/runs/r1': [200, JSON.stringify(RUN)],
  '/v1/runs?limit=20': [200, JSON.stringify({ runs: [RUN], nextCursor: null })],
  '/v1/runs/r1/logs?step=first': [200, `${JSON.stringify(LOG)}\n`],
  '/v1/runs/r2': [404, JSON.stringify({ code: 'GONE', message: HOSTILE, mend: HOSTILE })],
};

/** What a command can't tell from a Sedge whose workflows, workers and tools were written by somebody who means harm. */
export async function startHostileServer(): Promise<{ url: string; server: Server }> {
  const server = createServer(({ url = '' }, response) => {
    const [status, body] = ANSWERS[url] ?? [500, JSON.stringify({ code: 'UNEXPECTED', message: url })];
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
