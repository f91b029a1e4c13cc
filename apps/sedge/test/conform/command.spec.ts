import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../src/exit-codes.js';
import { Sandbox } from '../sandbox.js';

const HERE = import.meta.dirname;
const RATED = join(HERE, 'tools', 'training', 'rated-value');
const SMALL = join(HERE, 'small');

describe('sedge conform', { timeout: 300_000 }, () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.file('other.yml', `small:\n  in: { of: ${SMALL} }\n  out: { report: ${SMALL} }\n`);
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

  it('compares with what a case says must come out', async () => {
    const ended = await sandbox.sedge('conform', RATED, '--cases', sandbox.path('other.yml'));
    expect(ended.stdout).toMatch(/✗ golden +small: not what the case expects: output 'report': metadata.json differs/);
    expect(ended.code).toBe(EXIT.failed);
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
