import { execFileSync } from 'node:child_process';
import { closeSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobLog } from './job-log.js';

const DESCRIPTORS = '/proc/self/fd';

describe('the log of an attempt', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-job-log-'));
    path = join(folder, '1.jsonl');
    Logger.overrideLogger(false);
  });
  afterEach(async () => {
    Logger.overrideLogger(['log', 'warn', 'error']);
    await rm(folder, { recursive: true });
  });

  const linkOf = (descriptor: string): string | null => {
    try {
      return readlinkSync(join(DESCRIPTORS, descriptor));
    } catch {
      return null;
    }
  };

  it('that can not be written ends nothing', async () => {
    await symlink('/dev/full', path);
    const full = new JobLog(folder, 1);
    full.add('info', 'one');
    await full.close();
    await writeFile(join(folder, 'file'), '');
    const nowhere = new JobLog(join(folder, 'file'), 1);
    nowhere.add('info', 'one');
    await nowhere.close();
  });

  it('that can not be closed ends nothing', async () => {
    const log = new JobLog(folder, 1);
    log.add('info', 'one');
    await expect.poll(() => readFileSync(path, { flag: 'a+' }).length).toBeGreaterThan(0);
    // As where a network file system says at the end that all is lost.
    closeSync(Number(readdirSync(DESCRIPTORS).find((descriptor) => linkOf(descriptor) === path)));
    await log.close();
  });

  it('holds whole lines only, where the disk becomes full within one', () => {
    const module = join(import.meta.dirname, '..', '..', 'dist', 'jobs', 'job-log.js');
    // The limit of file sizes stands for a disk that is full: a part is written, then no more.
    const program = `process.on('SIGXFSZ', () => undefined);
      const { JobLog } = await import(${JSON.stringify(module)});
      const log = new JobLog(${JSON.stringify(folder)}, 1);
      for (let turn = 0; turn < 5; turn++) {
        log.add('info', 'x'.repeat(3000));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await log.close();`;
    const limited = `ulimit -f 8; exec "$0" --input-type=module --eval "$1"`;
    execFileSync('bash', ['-c', limited, process.execPath, program]);
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    const lengths = lines.map((line) => (JSON.parse(line) as { message: string }).message.length);
    expect(lengths).toEqual(lengths.map(() => 3000));
    expect(lengths.length).toBeLessThan(5);
  });
});
