import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../tools/dev/distributed/service-process.mjs';

/** At each signal it says a line and more than a pipe holds, and notes that all of it was taken. */
const TALKER = `import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
let turn = 0;
process.on('SIGUSR2', () => {
  turn++;
  process.stderr.write('turn ' + turn + ' begins\\n' + ('x'.repeat(99) + '\\n').repeat(2000), () =>
    writeFileSync(join(import.meta.dirname, 'taken-' + turn), ''));
});
process.on('SIGTERM', () => process.exit(0));
process.stdout.write('{"url":"http://127.0.0.1:1"}\\n');
setInterval(() => {}, 1000);
`;

describe('the log of a service whose disk is full', () => {
  let folder: string;
  let log: string;
  let service: ServiceProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-service-log-'));
    log = join(folder, 'logs', 'training-1.log');
    const entry = join(folder, 'main.mjs');
    await writeFile(entry, TALKER);
    const logDirectory = join(folder, 'logs');
    service = new ServiceProcess({ name: 'training-1', service: 'training', entry, environment: {}, logDirectory });
    await service.start();
  });
  afterAll(async () => {
    await service?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const speak = async (turn: number): Promise<void> => {
    service.signal('SIGUSR2');
    await expect.poll(() => existsSync(join(folder, `taken-${turn}`)), { timeout: 20_000 }).toBe(true);
  };

  it('lacks what there was no room for, and ends neither the service nor its supervisor', async () => {
    await speak(1);
    await rm(log);
    // Gives ENOSPC for every byte.
    await symlink('/dev/full', log);
    await service.kill();
    await service.start();
    await rm(join(folder, 'taken-1'));
    await speak(1);
    expect(service.isRunning).toBe(true);
    await rm(log);
    await speak(2);
    await expect.poll(() => readFile(log, 'utf8')).toContain('turn 2 begins\n');
    expect(await readFile(log, 'utf8')).not.toContain('turn 1 begins');
    expect(await service.stop()).toBe(0);
  });
});
