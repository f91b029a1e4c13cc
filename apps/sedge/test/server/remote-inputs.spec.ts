import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeToken, type Scope } from '@sedge/service-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/exit-codes.js';
import { Sandbox, type Ended } from '../sandbox.js';
import { toneWav } from '../tone-wav.js';
import { HeldConnection } from './held-connection.js';
import { SedgeProcess, until } from './sedge-process.js';

const WORKFLOW = `name: words
inputs: { source: { from: ./recordings }, more: }
steps:
  words: { tool: ingest-audio-folders, in: { source: $inputs.source } }
  others: { tool: ingest-audio-folders, in: { source: $inputs.more } }
`;
const PATIENT = { timeout: 300_000 };
/** More than one request of an upload carries. */
const LARGE_BYTES = 20 << 20;

/** A server that sees nothing of the user's files, and asks for tokens: as one on another machine. */
describe('inputs that lie on the machine of the user', PATIENT, () => {
  let sandbox: Sandbox;
  let server: SedgeProcess;
  let held: HeldConnection;

  const token = async (scope: Scope): Promise<string> => {
    const key = JSON.parse(await readFile(sandbox.path('access', 'signing-key.json'), 'utf8')) as object;
    const text = await makeToken(
      key,
      { subject: 'tester', scope, team: null },
      { issuedAt: new Date(), expiresAt: new Date(Date.now() + 3_600_000) },
    );
    return sandbox.file(`${scope}.token`, text);
  };
  const there = (): string[] => ['--server', held.url, '--token-file', sandbox.path('run.token'), '--json'];
  const run = (...args: string[]): Promise<Ended> => sandbox.sedge('run', ...args, ...there());
  const inputsOf = ({ json }: Ended): unknown[] => json.filter(({ event }) => event === 'input');
  const outputsOf = ({ json }: Ended): object =>
    Object.fromEntries(
      json.flatMap(({ event, name, state, outputs }) =>
        event === 'item' && state === 'succeeded' ? [[name as string, outputs]] : [],
      ),
    );
  const errorOf = ({ json }: Ended): unknown => (json.at(-1) as { error: unknown }).error;
  const takes = (from: string): Promise<string> =>
    sandbox.file(
      'takes.yml',
      `name: takes\ninputs:\n  source: ${from}\nsteps:\n  words: { tool: ingest-audio-folders, in: { source: $inputs.source } }\n`,
    );

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    for (const [at, word] of ['yes', 'no'].entries()) {
      await mkdir(sandbox.path('recordings', word), { recursive: true });
      for (const [pitch, who] of ['ann', 'bob', 'cat'].entries())
        await sandbox.file(`recordings/${word}/${who}_1.wav`, toneWav(200 + 90 * pitch + 500 * at, 0.3));
    }
    await cp(sandbox.path('recordings'), sandbox.path('others'), { recursive: true });
    await rm(sandbox.path('others', 'yes', 'cat_1.wav'));
    await sandbox.file('others/no/dan_1.wav', toneWav(333, 0.4));
    await sandbox.file('workflow.yml', WORKFLOW);
    await sandbox.sedge('token', 'keys', '--folder', sandbox.path('access'));
    await token('run');
    const environment = {
      SEDGE_ACCESS_KEYS: sandbox.path('access', 'keys.json'),
      SEDGE_INPUT_FOLDERS: sandbox.path('on-the-server'),
    };
    server = await SedgeProcess.start({ dataDirectory: sandbox.path('server'), environment });
  }, PATIENT.timeout);
  afterAll(async () => {
    await server?.stop();
    await sandbox?.remove();
  });
  beforeEach(async () => void (held = await HeldConnection.before(server.url)));
  afterEach(() => held.close());

  it('come to it once, and give the artifacts that they give in one process', async () => {
    const command = [sandbox.path('workflow.yml'), '--set', 'more=others'];
    const remote = await run(...command);
    expect(remote.code, JSON.stringify(remote.json.at(-1))).toBe(EXIT.ok);
    expect(inputsOf(remote)).toMatchObject([
      { input: 'source', path: sandbox.path('recordings') },
      { input: 'more', path: sandbox.path('others') },
    ]);
    for (const input of inputsOf(remote) as { sizeBytes: number; sentBytes: number }[])
      expect(input.sentBytes).toBe(input.sizeBytes);
    const alone = await sandbox.sedge('run', ...command, '--json', '--data-dir', sandbox.path('alone'));
    expect(outputsOf(remote)).toEqual(outputsOf(alone));
    expect(Object.keys(outputsOf(alone))).toEqual(
      expect.arrayContaining(['inputs.source', 'inputs.more', 'words', 'others']),
    );

    const again = await run(...command);
    expect(inputsOf(again)).toMatchObject([{ sentBytes: 0 }, { sentBytes: 0 }]);
    expect(outputsOf(again)).toEqual(outputsOf(remote));
    const items = again.json.filter(({ event, state }) => event === 'item' && state === 'succeeded');
    expect(items.map(({ decision }) => decision)).toEqual(['reused', 'reused', 'reused', 'reused']);

    await rename(sandbox.path('others'), sandbox.path('renamed'));
    const plan = await sandbox.sedge('plan', sandbox.path('workflow.yml'), '--set', 'more=renamed', ...there());
    expect(inputsOf(plan)).toMatchObject([{ sentBytes: 0 }, { path: sandbox.path('renamed'), sentBytes: 0 }]);
    const ids = [again, plan].map((one) => (inputsOf(one)[1] as { artifact: string }).artifact);
    expect(ids[0]).not.toBe(ids[1]);
    const [artifact] = ids;
    const named = await run(await takes(`{ from: ${artifact} }`));
    expect([named.code, inputsOf(named), Object.values(outputsOf(named))]).toEqual([
      EXIT.ok,
      [],
      expect.arrayContaining([(outputsOf(remote) as Record<string, unknown>)['others']]),
    ]);
  });

  describe('that are large', () => {
    let content: Buffer;
    beforeEach(async () => {
      content = randomBytes(LARGE_BYTES);
      await sandbox.file('large.wav', content);
    });

    it('go on after the connection broke', async () => {
      held.after(11 << 20, 'break');
      const ended = await run(await takes('{ from: large.wav }'));
      // It is no archive, which is found out by the step that reads it.
      expect(ended.json.at(-1)).toMatchObject({ event: 'outcome', state: 'failed' });
      expect(inputsOf(ended)).toMatchObject([{ sizeBytes: LARGE_BYTES, sentBytes: LARGE_BYTES }]);
    });

    it('get through a proxy that takes short requests only', async () => {
      const lengths: number[] = [];
      const proxy = createServer((request, response) => {
        const length = Number(request.headers['content-length'] ?? 0);
        if (length > 1 << 20) return void request.resume().on('end', () => response.writeHead(413).end('<html>'));
        if (request.method === 'PATCH') lengths.push(length);
        const { method, headers, url } = request;
        const onward = ask(new URL(url!, server.url), { method: method!, headers }, (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        });
        request.pipe(onward);
      }).listen(0, '127.0.0.1');
      await until(async () => proxy.listening);
      const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const token = sandbox.path('run.token');
      const workflow = await takes('{ from: large.wav }');
      const ended = await sandbox.sedge('plan', workflow, '--server', url, '--token-file', token, '--json');
      proxy.close();
      expect([ended.code, inputsOf(ended)]).toEqual([EXIT.ok, [expect.objectContaining({ sentBytes: LARGE_BYTES })]]);
      expect(lengths).toEqual(Array.from({ length: 20 }, () => 1 << 20));
    });

    it('go on by the same command after Ctrl-C', async () => {
      held.after(11 << 20, 'hold');
      const workflow = await takes('{ from: large.wav }');
      const first = sandbox.start('run', workflow, ...there());
      await held.isHeld();
      first.interrupt();
      held.release();
      const interrupted = await first.ended;
      expect([interrupted.code, errorOf(interrupted)]).toEqual([
        EXIT.interrupted,
        expect.objectContaining({
          code: 'CLI_INTERRUPTED',
          message: expect.stringMatching(/the server has .* of 20 MB of .*large\.wav/) as string,
          mend: expect.stringContaining('the same command goes on') as string,
        }),
      ]);
      const second = await run(workflow);
      const [{ sentBytes }] = inputsOf(second) as [{ sentBytes: number }];
      expect(sentBytes).toBeGreaterThan(0);
      expect(sentBytes).toBeLessThanOrEqual(LARGE_BYTES - (8 << 20));
    });

    it('are refused with the file that changed meanwhile', async () => {
      await mkdir(sandbox.path('growing'));
      await sandbox.file('growing/a.wav', content);
      await sandbox.file('growing/b.wav', 'as it was listed');
      held.after(11 << 20, 'hold');
      const running = sandbox.start('run', await takes('{ from: growing }'), ...there());
      await held.isHeld();
      await sandbox.file('growing/b.wav', 'another text now');
      held.release();
      const ended = await running.ended;
      expect([ended.code, errorOf(ended)]).toEqual([
        EXIT.failed,
        expect.objectContaining({
          code: 'INGESTION_SOURCE_CHANGED',
          message: expect.stringMatching(/takes\.yml:3:3: the input 'source': .*growing\/b\.wav' changed/) as string,
        }),
      ]);
    });
  });

  it('are refused with what, where and how to mend it', async () => {
    const token = sandbox.path('run.token');
    await mkdir(sandbox.path('empty'), { recursive: true });
    await mkdir(sandbox.path('data', 'access'), { recursive: true });
    await sandbox.file('data/access/signing-key.json', 'secret');
    await symlink(sandbox.path('data', 'access'), sandbox.path('to-data'));
    const cases: [string, string, RegExp][] = [
      ['{ from: recordins }', 'CLI_INPUT_ABSENT', /there is no file or folder .*recordins.*did you mean 'recordings'/],
      ['{ from: empty }', 'INGESTION_SOURCE_EMPTY', /takes\.yml:3:3: the input 'source': .*holds no files/],
      [`{ from: recordings, sha256: ${'ab'.repeat(32)} }`, 'INGESTION_SOURCE_CHECKSUM', /has the SHA-256/],
      ['{ from: to-data/signing-key.json }', 'INGESTION_SOURCE_CLOSED', /lies in .*data, which is Sedge's own/],
      [`{ from: ${token} }`, 'INGESTION_SOURCE_CLOSED', /run\.token/],
      ['{ from: ./recordings, frm: x }', 'WORKFLOW_INVALID', /takes\.yml.*frm/],
      [`{ from: 'sha256:${'0'.repeat(64)}' }`, 'WORKFLOW_INVALID', /is not there.*artifacts list --kind source/],
    ];
    for (const [from, code, message] of cases) {
      const ended = await run(await takes(from));
      expect([from, ended.code, errorOf(ended)]).toEqual([from, EXIT.usage, expect.objectContaining({ code })]);
      expect(JSON.stringify(errorOf(ended))).toMatch(message);
      expect(ended.json.filter(({ event }) => event === 'upload')).toEqual([]);
    }
  });

  it('are all told at once where several are wrong, before any is sent', async () => {
    await mkdir(sandbox.path('nothing'), { recursive: true });
    const wrong = await sandbox.file(
      'wrong.yml',
      WORKFLOW.replace('more:', `more: { from: recordings, sha256: ${'ab'.repeat(32)} }`).replace(
        './recordings',
        'nothing',
      ),
    );
    const ended = await run(wrong);
    expect([ended.code, errorOf(ended)]).toMatchObject([
      EXIT.usage,
      {
        code: 'CLI_INPUTS_UNUSABLE',
        details: {
          mistakes: [
            {
              code: 'INGESTION_SOURCE_EMPTY',
              place: { line: 2 },
              message: expect.stringContaining("'source'") as string,
            },
            {
              code: 'INGESTION_SOURCE_CHECKSUM',
              place: { line: 2 },
              message: expect.stringContaining("'more'") as string,
            },
          ],
        },
      },
    ]);
    expect(ended.json.filter(({ event }) => event === 'upload')).toEqual([]);
  });

  it('are not looked for on the server, unless they are nowhere else or an address says so', async () => {
    await mkdir(sandbox.path('on-the-server'), { recursive: true });
    const given = await sandbox.file('on-the-server/given.txt', 'given');
    const by = await run(await takes(`{ from: file://${given} }`));
    expect([inputsOf(by), JSON.stringify(by.json)]).toEqual([[], expect.stringMatching(/given\.txt is .*no archive/)]);
    const nowhere = await run(await takes('{ from: /nowhere/at/all }'));
    expect([inputsOf(nowhere), JSON.stringify(nowhere.json)]).toEqual([
      [],
      expect.stringContaining('INGESTION_SOURCE_OUTSIDE'),
    ]);
  });

  it('may be the model of an application', async () => {
    const model = await sandbox.file('model.onnx', 'no model at all');
    const ended = await sandbox.sedge('deploy', model, ...there());
    // That it is none is found out there.
    expect(inputsOf(ended)).toMatchObject([{ input: 'model', path: model, sentBytes: 15 }]);
    expect([ended.code, JSON.stringify(ended.json.at(-1))]).toEqual([EXIT.failed, expect.stringContaining('"failed"')]);
  });

  it('leave links in a folder out and say so', async () => {
    await cp(sandbox.path('recordings'), sandbox.path('linked'), { recursive: true });
    await symlink('/etc/passwd', sandbox.path('linked', 'yes', 'd_1.wav'));
    const ended = await run(await takes('{ from: linked }'));
    expect(ended.stderr).toMatch(/d_1\.wav was left out: it is a link/);
    expect([ended.code, inputsOf(ended)]).toEqual([EXIT.ok, [expect.objectContaining({ input: 'source' })]]);
  });

  it('do not leave the machine without a token of the scope run, nor for a server of an older version', async () => {
    const workflow = await takes('{ from: recordings }');
    const reader = ['--server', held.url, '--token-file', await token('read'), '--json'];
    const refused = await sandbox.sedge('run', workflow, ...reader);
    expect([refused.code, errorOf(refused)]).toEqual([
      EXIT.usage,
      expect.objectContaining({ message: expect.stringContaining("scope 'run'") as string }),
    ]);
    const asked: string[] = [];
    const older = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const steps = [{ name: 'inputs.source', kind: 'input', input: { from: '/x', place: {} } }];
      response.end(JSON.stringify({ ok: true, mistakes: [], workflow: { name: 'x', steps, itemCount: 1 } }));
    }).listen(0, '127.0.0.1');
    await until(async () => older.listening);
    const url = `http://127.0.0.1:${(older.address() as AddressInfo).port}`;
    const old = await sandbox.sedge('run', workflow, '--server', url, '--json');
    older.close();
    expect([old.code, asked, errorOf(old)]).toEqual([
      EXIT.environment,
      ['POST /v1/workflows/check'],
      expect.objectContaining({ code: 'CLI_SERVER_OLDER', mend: expect.stringContaining('file:///') as string }),
    ]);
  });
});
