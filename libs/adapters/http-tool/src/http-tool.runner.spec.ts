import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { digestOfBytes, digestOfJson } from '@sedge/artifact-contracts';
import type { ToolOutcome, ToolRun } from '@sedge/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpToolRunner } from './http-tool.runner.js';

const VERSION = digestOfBytes('version');
let server: Server;

/** Runs a tool whose server ends each run with this line. */
async function runAgainst(result: object): Promise<ToolOutcome> {
  server = createServer((request, response) => {
    request.resume();
    response.end(JSON.stringify(request.method === 'POST' ? result : { name: 'sample', version: VERSION }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const definition = { name: 'sample', runtime: { kind: 'http', url } };
  const run = {
    tool: { definition, digest: digestOfJson({ definition, identity: { version: VERSION } }) },
    job: { job: digestOfBytes('job'), attempt: 1, inputs: {}, outputs: {}, parameters: {}, threads: 1 },
    signal: new AbortController().signal,
    onLine: () => undefined,
  };
  return new HttpToolRunner().run(run as unknown as ToolRun);
}

afterEach(() => server?.close());

describe('a failure that the server of a tool says', () => {
  const ended = { type: 'result', status: 'failed' };

  it('is taken in its own words', async () => {
    const said = { class: 'transient', code: 'NO_ROOM', message: 'none left' };
    expect(await runAgainst({ ...ended, ...said })).toEqual({ status: 'failed', ...said });
  });

  it.each([{ class: 'unheard-of', code: 7, message: { text: 'none left' } }, {}])(
    'is a failure also where it has not the form that was agreed: %j',
    async (said) => {
      const plain = { status: 'failed', class: 'permanent', code: 'TOOL_FAILED', message: 'the tool failed' };
      expect(await runAgainst({ ...ended, ...said })).toEqual(plain);
    },
  );
});
