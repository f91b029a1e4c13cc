import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../src/client/api-client.js';
import { Sandbox } from './sandbox.js';

const PATIENT = { timeout: 300_000 };

interface Job {
  attempts: unknown[];
}

/** Between the command and the real server stands a proxy that lets every request pass, and loses the first answer to some. */
describe('a command whose answer gets lost', PATIENT, () => {
  let sandbox: Sandbox;
  let proxy: Server;
  let url: string;
  let api: ApiClient;
  /** the paths whose next answer gets lost */
  const losing = new Set<string>();
  const passed: string[] = [];

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.up();
    api = new ApiClient({ url: sandbox.url });
    proxy = createServer((asked, answer) => {
      const path = asked.url!;
      passed.push(`${asked.method} ${path}`);
      const target = new URL(path, sandbox.url);
      const headers = { ...asked.headers, host: target.host };
      const forwarded = httpRequest(target, { method: asked.method!, headers, agent: false }, (heard) => {
        if (losing.delete(path)) return void heard.resume().on('end', () => asked.socket.destroy());
        answer.writeHead(heard.statusCode!, heard.headers);
        heard.pipe(answer);
      });
      answer.on('close', () => forwarded.destroy());
      asked.pipe(forwarded);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }, PATIENT.timeout);
  afterAll(async () => {
    proxy?.closeAllConnections();
    proxy?.close();
    await sandbox.remove();
  });

  const show = (run: string): Promise<{ state: string; items: { job: string }[] }> => api.get(`/v1/runs/${run}`);
  const times = (path: string): number => passed.filter((each) => each === `POST ${path}`).length;

  it('retries a run once', async () => {
    const wanted = sandbox.path('there-never');
    const text = `name: fails\nsteps: { first: { tool: sample-step, with: { failUnless: ${wanted} } } }\n`;
    const begun = await sandbox.sedge('run', await sandbox.file('fails.yml', text), '--server', url, '--json');
    const run = String(begun.json.at(-1)!['run']);
    const path = `/v1/runs/${run}/retry`;
    losing.add(path);
    const retried = await sandbox.sedge('retry', run, '--server', url, '--json');
    expect(retried.code, retried.stderr).toBe(1);
    expect(times(path)).toBe(2);
    const job = await api.get<Job>(`/v1/jobs/${(await show(run)).items[0]!.job}`);
    expect(job.attempts).toHaveLength(2);
  });

  it('cancels a run, and says so', async () => {
    const text = `name: waits\nsteps: { first: { tool: sample-step, with: { waitFor: ${sandbox.path('never')} } } }\n`;
    const { id } = await api.post<{ id: string }>('/v1/runs', { workflow: text });
    const path = `/v1/runs/${id}/cancel`;
    losing.add(path);
    const cancelled = await sandbox.sedge('cancel', id, '--server', url);
    expect(cancelled.code, cancelled.stderr).toBe(0);
    expect(cancelled.stdout).toContain(`run ${id} is cancelled`);
    expect(times(path)).toBe(2);
    expect((await show(id)).state).toBe('cancelled');
  });
});
