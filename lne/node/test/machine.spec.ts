import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuInfo, libraryDigest, lockFile } from '../src/index.js';

const addon = fileURLToPath(new URL('../build/lne.node', import.meta.url));
const digests = fileURLToPath(new URL('../source-digest.mjs', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sedge-lne-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Another process that tries the lock, says `held` or the error's code, and then lives until it is told otherwise. */
async function lockElsewhere(path: string): Promise<{ child: ChildProcess; said: unknown }> {
  const script = join(folder, 'locker.cjs');
  const code = `try { require(process.argv[2]).lockFile(process.argv[3]); process.send('held'); } catch (error) { process.send(error.code); }
setInterval(() => {}, 1000);`;
  await writeFile(script, code);
  const child = fork(script, [addon, path]);
  const [said] = (await once(child, 'message')) as [unknown];
  return { child, said };
}

const end = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

describe('a file lock', () => {
  it('is held by one process at a time and is gone with the process, however that ends', async () => {
    const path = join(folder, 'lock');
    const first = await lockElsewhere(path);
    expect(first.said).toBe('held');
    expect(() => lockFile(path)).toThrow(expect.objectContaining({ code: 'LOCK_HELD', mend: expect.any(String) }));
    await end(first.child);
    const mine = lockFile(path);
    const second = await lockElsewhere(path);
    expect(second.said).toBe('LOCK_HELD');
    await end(second.child);
    mine.release();
    mine.release();
    const third = await lockElsewhere(path);
    expect(third.said).toBe('held');
    await end(third.child);
  });

  it('is not taken twice by one process', () => {
    const path = join(folder, 'lock');
    const lock = lockFile(path);
    expect(() => lockFile(path)).toThrow(expect.objectContaining({ code: 'LOCK_HELD' }));
    lock.release();
    lockFile(path).release();
  });

  it('refuses places where no file can be', () => {
    expect(() => lockFile(join(folder, 'none', 'lock'))).toThrow(expect.objectContaining({ code: 'LOCK_OPEN' }));
    expect(() => lockFile('')).toThrow(expect.objectContaining({ code: 'LNE_ARGUMENT' }));
    expect(() => lockFile('a\0b')).toThrow(expect.objectContaining({ code: 'LNE_ARGUMENT' }));
    expect(() => lockFile(undefined as never)).toThrow(expect.objectContaining({ code: 'LNE_ARGUMENT' }));
  });
});

describe('the machine', () => {
  it('has a processor', () => {
    const { model, features, cores } = cpuInfo();
    expect(model).not.toBe('');
    expect(Array.isArray(features)).toBe(true);
    expect(cores).toBeGreaterThan(0);
  });

  it('names the sources that the addon was built from', async () => {
    const { sourceDigests } = (await import(digests)) as { sourceDigests: () => Record<'audio' | 'engine', string> };
    const sources = sourceDigests();
    expect(libraryDigest('audio')).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect({ audio: libraryDigest('audio'), engine: libraryDigest('engine') }).toEqual(sources);
  });

  it('serves several threads of one process', async () => {
    const code = `const { parentPort, workerData } = require('node:worker_threads');
parentPort.postMessage(require(workerData).cpuFeatures());`;
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const worker = new Worker(code, { eval: true, workerData: addon });
        const [answer] = (await once(worker, 'message')) as [unknown];
        await worker.terminate();
        return answer;
      }),
    );
    expect(answers).toEqual([cpuInfo().features, cpuInfo().features, cpuInfo().features]);
  });
});
