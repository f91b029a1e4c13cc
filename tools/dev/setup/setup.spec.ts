import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeLocks } from './merge-locks.mjs';
import { isAtLeast } from './programs.mjs';
import { SetupError, assertFreeDisk, doneShare, remainingText } from './steps.mjs';

describe('mergeLocks', () => {
  const hashed = 'numpy==2.4.6 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n';

  it('names each requirement once, with its hashes', () => {
    const lock = mergeLocks([
      `# made by uv\n${hashed}`,
      `${hashed}pytest==9.2.0 ; sys_platform == 'linux' \\\n    --hash=sha256:cc\n`,
    ]);
    expect(lock).toBe(`${hashed}pytest==9.2.0 ; sys_platform == 'linux' \\\n    --hash=sha256:cc\n`);
  });

  it('drops all hashes where one lock has none, because pip wants all or nothing', () => {
    expect(mergeLocks([hashed, 'torch==2.15.0+cpu\n'])).toBe('numpy==2.4.6\ntorch==2.15.0+cpu\n');
  });

  it('keeps versions for different machines apart and refuses two for the same one', () => {
    const both = "numpy==2.2.6 ; python_version < '3.11'\nnumpy==2.4.6 ; python_version >= '3.11'\n";
    expect(mergeLocks([both])).toBe(both);
    expect(() => mergeLocks(['numpy==1\n', 'numpy==2\n'])).toThrow(/disagree: numpy==1 and numpy==2/);
  });
});

describe('the time that a step still takes', () => {
  it('follows from the share that builders and installers say is done', () => {
    expect(doneShare('native engine: [9/36] Building CXX object x.cpp.o')).toBe(0.25);
    expect(doneShare('[ 26%] Building CXX object x.cpp.o')).toBe(0.26);
    expect(doneShare('12 of 48 packages')).toBe(0.25);
    expect(doneShare('npm http fetch GET 200 https://x/[scope]')).toBeNull();
    expect(remainingText(0.25, 30_000)).toBe(', about 2 min left');
    expect(remainingText(0.75, 30_000)).toBe(', about 10 s left');
    expect(remainingText(0.01, 30_000)).toBeNull();
    expect(remainingText(null, 30_000)).toBeNull();
  });
});

describe('the system check', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-path-'));
    symlinkSync(process.execPath, join(folder, 'node'));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('compares versions by their numbers', () => {
    expect(isAtLeast('3.10.1', '3.9')).toBe(true);
    expect(isAtLeast('20.9.0', '20.20')).toBe(false);
    expect(isAtLeast('4', '3.20')).toBe(true);
  });

  it('stops npm start before anything is installed, and names what is missing and how to get it', () => {
    const { PATH: _path, CXX: _cxx, ...rest } = process.env;
    const { status, stderr, stdout } = spawnSync('node', [resolve('tools/dev/start.mjs'), '--data-dir', folder], {
      env: { ...rest, PATH: folder },
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stdout).not.toContain('Node modules');
    for (const words of ['Python ≥ 3.10', 'apt-get install cmake', 'a C++20 compiler', 'then run the command again']) {
      expect(stderr).toContain(words);
    }
  });

  it('refuses a disk that is too small, and says what to do', () => {
    expect(() => assertFreeDisk(folder, 1e9, 'The test')).toThrow(SetupError);
    expect(() => assertFreeDisk(folder, 1e9, 'The test')).toThrow(/needs 1000000000 MB .* SEDGE_HOME/);
    expect(assertFreeDisk(join(folder, 'not', 'there', 'yet'), 1, 'The test')).toMatch(/GB free/);
  });
});
