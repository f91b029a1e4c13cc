import type { Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../src/exit-codes.js';
import { HOSTILE, SHOWN, startHostileServer } from './hostile-server.js';
import { Sandbox } from './sandbox.js';

describe('texts of somebody else that would steer the terminal', { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  let server: Server;
  let url: string;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    ({ url, server } = await startHostileServer());
  }, 60_000);
  afterAll(async () => {
    server.close();
    await sandbox.remove();
  });

  it.each([
    ['a run', ['runs', 'show', 'r1'], EXIT.ok],
    ['runs', ['runs', 'list'], EXIT.ok],
    ['a log', ['logs', 'r1'], EXIT.ok],
    ['an error of the server', ['status', 'r2'], EXIT.notFound],
    ['what the user wrote', ['runs', HOSTILE], EXIT.usage],
  ])('%s', async (_, args, code) => {
    const ended = await sandbox.sedge(...args, '--server', url);
    expect(ended.code).toBe(code);
    const all = ended.stdout + ended.stderr;
    expect(all).toContain(SHOWN);
    expect(all).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
  });

  it('are the same values as JSON', async () => {
    const ended = await sandbox.sedge('runs', 'show', 'r1', '--json', '--server', url);
    expect(ended.json).toMatchObject([{ workflow: HOSTILE, items: [{ failure: { message: HOSTILE } }] }]);
    expect(ended.stdout).not.toMatch(/[\x7f-\x9f\u202e]/);
  });
});
