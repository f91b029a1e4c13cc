import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sedge/local-servers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ports } from '../../tools/dev/distributed/ports.mjs';

describe('ports of a cluster', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-ports-'));
    file = join(folder, 'ports.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are the same at the next start, whatever else is started, and counted upwards where they are new', async () => {
    const from = await freePort();
    const first = await Ports.open(file, { from });
    const [nats, training] = [await first.of('nats-server'), await first.of('training-1')];
    expect(from < nats && nats < training).toBe(true);
    const second = await Ports.open(file, { from });
    const further = await second.of('benchmark-1');
    expect([await second.of('training-1'), await second.of('nats-server')]).toEqual([training, nats]);
    expect([from, nats, training]).not.toContain(further);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      'nats-server': nats,
      'training-1': training,
      'benchmark-1': further,
    });
  });

  it('move where somebody else listens, which is said, and stay there', async () => {
    const before = await (await Ports.open(file)).of('training-1');
    const stranger = createServer().listen(before, '127.0.0.1');
    await once(stranger, 'listening');
    try {
      const lines: string[] = [];
      const ports = await Ports.open(file, { say: (line) => void lines.push(line) });
      const now = await ports.of('training-1');
      expect(now).not.toBe(before);
      expect(lines).toEqual([`somebody else listens at port ${before}; training-1 is at ${now} from now on`]);
      expect(await (await Ports.open(file)).of('training-1')).toBe(now);
    } finally {
      stranger.close();
    }
  });

  it('are those that a user writes into the file', async () => {
    const wanted = await freePort();
    await writeFile(file, JSON.stringify({ 'training-1': wanted }));
    expect(await (await Ports.open(file)).of('training-1')).toBe(wanted);
  });

  it.each(['{', 'null', '{"a": 0}', '{"a": "x"}', '{"a": 7, "b": 7}', '{"a": 70000}'])(
    'are refused in %s',
    async (text) => {
      await writeFile(file, text);
      await expect(Ports.open(file)).rejects.toThrow(/ports\.json can't be used: .*remove the file/);
    },
  );
});
