import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, makeFolder, until } from '../../apps/sedge/test/server/sedge-process.js';

const SCRIPT = `import { serve } from './tools/dev/distributed/serve.mjs';
await serve(JSON.parse(process.argv[1])).then(() => process.exit(0), (error) => {
  console.error(error.message);
  process.exit(error.exitCode ?? 1);
});`;

/** What `npm run up:distributed` does once all is set up, in a terminal of its own. */
class Serving {
  text = '';
  readonly child: ChildProcess;

  constructor(options: object) {
    const args = ['--input-type=module', '-e', SCRIPT, JSON.stringify(options)];
    this.child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.setEncoding('utf8').on('data', (part: string) => (this.text += part));
  }

  async says(pattern: RegExp): Promise<RegExpExecArray> {
    await until(async () => pattern.test(this.text) || this.child.exitCode !== null);
    const found = pattern.exec(this.text);
    if (found === null) throw new Error(`ended without ${pattern}: ${this.text}`);
    return found;
  }

  /** Name, address and process of all that runs. */
  async processes(): Promise<{ name: string; url: string; pid: number }[]> {
    await this.says(/Tokens for others/);
    return [...this.text.matchAll(/^ {2}(\S+) +(\S+) {2}process (\d+)$/gm)].map(([, name, url, pid]) => ({
      name: name!,
      url: url!,
      pid: Number(pid),
    }));
  }

  /** As Ctrl-C in a terminal: a signal to everybody in its group. @returns its exit code */
  async interrupt(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    process.kill(-this.child.pid!, 'SIGINT');
    return ((await ended) as [number | null])[0];
  }
}

const missing = missingServer('nats-server', 'postgres', 'versitygw');
describe.skipIf(missing)(`what up:distributed does once all is set up (${missing ?? 'on real back ends'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const all: Serving[] = [];
  const serve = (options: object): Serving => {
    const serving = new Serving(options);
    all.push(serving);
    return serving;
  };
  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
  });
  afterAll(async () => {
    for (const { child } of all) if (child.exitCode === null) child.kill('SIGKILL');
    await folder?.remove();
  });

  it('brings back what is killed, ends on Ctrl-C, and is at the same addresses the next time', async () => {
    const options = { home: join(folder.path, 'cluster'), port: await freePort(), fsync: false };
    const first = serve({ ...options, stages: ['benchmark'] });
    const before = await first.processes();
    expect(before.map(({ name }) => name)).toEqual([
      ...['nats-server', 'postgres', 'versitygw'],
      ...['workflow-1', 'benchmark-1'],
    ]);
    expect(first.text).not.toMatch(/\/\/\S+:\S+@/);
    for (const { pid } of before.filter(({ name }) => name !== 'workflow-1')) process.kill(pid, 'SIGKILL');
    for (const name of ['nats-server', 'postgres', 'versitygw', 'benchmark-1']) {
      expect((await first.says(new RegExp(`${name} ended \\((\\w+)\\); it is started again in 1 s`)))[1]).toBe(
        'SIGKILL',
      );
      await first.says(new RegExp(`${name} is there again, process \\d+`));
    }
    for (const name of ['workflow-1', 'benchmark-1']) {
      const { url } = before.find((one) => one.name === name)!;
      await until(async () => (await fetch(`${url}/v1/health/ready`).catch(() => null))?.status === 200);
    }
    const ended = first.text.match(/ ended /g)!.length;
    expect(await first.interrupt()).toBe(0);
    expect(first.text).toContain('Ending: work under way is handed back');
    expect(first.text.match(/ ended /g)).toHaveLength(ended);

    const second = serve({ ...options, stages: ['nas', 'benchmark'] });
    const after = await second.processes();
    for (const { name, url } of before) expect(after.find((one) => one.name === name)?.url).toBe(url);
    const third = serve({ ...options, stages: ['benchmark'] });
    const [code] = (await once(third.child, 'exit')) as [number];
    expect([code, third.text]).toEqual([5, expect.stringMatching(/another up:distributed works on .*--data-dir/)]);
    expect(await second.interrupt()).toBe(0);
  });
});
