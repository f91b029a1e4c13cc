import { cpSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../../src/exit-codes.js';
import { Sandbox } from '../sandbox.js';

const HERE = import.meta.dirname;
const RATED = join(HERE, 'tools', 'training', 'rated-value');
const SMALL = join(HERE, 'small');

/** Of every process that there is. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
}

describe('sedge conform', { timeout: 300_000 }, () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
  }, 300_000);
  afterAll(() => sandbox.remove());

  const given = ['--in', `of=${SMALL}`];

  it('says what it found of each check that was asked for, and of the whole', async () => {
    const ended = await sandbox.sedge('conform', RATED, ...given, '--check', 'repeatability', '--check', 'newer');
    expect(ended.stderr).toBe('');
    expect(ended.stdout).toMatch(
      /✓ golden +given in .*\n✓ repeatability +the same bytes \(declared: bitwise\).*\n✓ newer /,
    );
    expect(ended.stdout).toMatch(/rated-value@1 conforms: 3 passed, 0 failed, 0 not judged\n$/);
    expect(ended.code).toBe(EXIT.ok);
  });

  it('says with --json what was played, expected, found and how to mend it, and ends with 1', async () => {
    const ended = await sandbox.sedge(
      'conform',
      RATED,
      ...given,
      '--set',
      'fault=clock',
      '--check',
      'repeatability',
      '--json',
    );
    expect(ended.code).toBe(EXIT.failed);
    const sentences = { played: expect.any(String), expected: expect.any(String), mend: expect.any(String) };
    expect(ended.json).toMatchObject([
      { check: 'golden', state: 'passed' },
      { check: 'repeatability', state: 'failed', found: expect.stringContaining('report.json differs'), ...sentences },
      { event: 'outcome', tool: 'rated-value@1', digest: expect.stringMatching(/^sha256:/), conforms: false },
    ]);
  });

  it('tries what is built in, with inputs that it makes up', async () => {
    const checks = ['golden', 'repeatability', 'kill', 'broken-bytes'];
    const ended = await sandbox.sedge('conform', 'extract-mfcc', ...checks.flatMap((name) => ['--check', name]));
    expect(ended.stdout).toMatch(/✓ golden +generated in /);
    expect(ended.stdout).toMatch(/✓ kill +killed 3 times, and each next attempt gave the result/);
    expect(ended.stdout).toMatch(/extract-mfcc@1 conforms: 4 passed, 0 failed, 0 not judged\n$/);
  });

  it('ends at once when it is interrupted, and the tool with it', async () => {
    // Under a name of its own: other tests run the same tool.
    cpSync(RATED, sandbox.path('mine'), { recursive: true });
    renameSync(sandbox.path('mine', 'rate.py'), sandbox.path('mine', 'interrupted.py'));
    const definition = readFileSync(sandbox.path('mine', 'tool.yaml'), 'utf8');
    await sandbox.file('mine/tool.yaml', definition.replace('rate.py', 'interrupted.py'));
    const command = sandbox.start('conform', './mine', ...given, '--set', 'workMs=600000');
    const isAtWork = (): boolean => commandLines().some((line) => line.includes('interrupted.py'));
    await vi.waitUntil(isAtWork, { timeout: 120_000, interval: 100 });
    command.interrupt();
    const ended = await command.ended;
    expect(ended.code).toBe(EXIT.interrupted);
    expect(isAtWork()).toBe(false);
  });

  const mistakes: [string, string[], number, RegExp][] = [
    [
      'a tool that is not there',
      ['extract-mfc'],
      EXIT.notFound,
      /there is no tool 'extract-mfc'[^]*did you mean 'extract-mfcc'\?/,
    ],
    [
      'a made-up input that the tool refuses',
      ['ingest-speech-commands'],
      EXIT.usage,
      /INGESTION_ARCHIVE_FORMAT[^]*give real inputs/,
    ],
    ['a limit that is none', [RATED, '--limit', 'soon'], EXIT.usage, /--limit 'soon' is no number of seconds/],
  ];
  it.each(mistakes)('tells %s', async (_, args, code, message) => {
    const ended = await sandbox.sedge('conform', ...args);
    expect(ended.stderr).toMatch(message);
    expect(ended).toMatchObject({ code, stdout: '' });
    expect(ended.stderr).not.toContain('    at ');
  });
});
