import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, lstat, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeSecretFile } from './secret-file.js';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sedge-secret-'));
  file = join(folder, 'passwords.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('a file of a secret', () => {
  it('is for its owner alone, also where others could read one of that name', async () => {
    await writeSecretFile(file, 'first');
    expect([await readFile(file, 'utf8'), await modeOf(file)]).toEqual(['first', 0o600]);
    await chmod(file, 0o644);
    await writeSecretFile(file, 'second');
    expect([await readFile(file, 'utf8'), await modeOf(file)]).toEqual(['second', 0o600]);
    expect(await readdir(folder)).toEqual(['passwords.json']);
  });

  it('keeps what it holds where the new text can not be written whole', async () => {
    await writeSecretFile(file, 'before');
    // The limit of file sizes stands for a disk that is full: a part is written, then no more.
    const program = `process.on('SIGXFSZ', () => undefined);
      const { writeSecretFile } = await import(${JSON.stringify(join(import.meta.dirname, '..', 'dist', 'secret-file.js'))});
      await writeSecretFile(${JSON.stringify(file)}, 'x'.repeat(1_000_000)).catch((error) => process.stdout.write(error.code));`;
    const limited = `ulimit -f 64; exec "$0" --input-type=module --eval "$1"`;
    expect(execFileSync('bash', ['-c', limited, process.execPath, program]).toString()).toBe('EFBIG');
    expect(await readFile(file, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['passwords.json']);
  });

  it('is whole whenever its writer is killed', async () => {
    const texts = ['a', 'b'].map((letter) => letter.repeat(300_000));
    const program = `const { writeSecretFile } = await import(${JSON.stringify(join(import.meta.dirname, '..', 'dist', 'secret-file.js'))});
      const texts = ['a', 'b'].map((letter) => letter.repeat(300_000));
      for (let turn = 0; ; turn++) {
        await writeSecretFile(${JSON.stringify(file)}, texts[turn % 2]);
        if (turn === 2) process.stdout.write('writing');
      }`;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, 7 * round));
      child.kill('SIGKILL');
      await once(child, 'close');
      expect(texts).toContain(await readFile(file, 'utf8'));
    }
    // What a killed writer leaves behind is for nobody else's eyes either.
    for (const name of await readdir(folder)) expect(await modeOf(join(folder, name))).toBe(0o600);
  });

  it('that is named by a link is the one that the link leads to', async () => {
    await writeFile(join(folder, 'elsewhere'), 'old', { mode: 0o600 });
    await symlink(join(folder, 'elsewhere'), file);
    await writeSecretFile(file, 'new');
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('new');
  });

  it('says why it can not be written', async () => {
    await expect(writeSecretFile(join(folder, 'none', 'file'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
