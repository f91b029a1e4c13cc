import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conformRequest, type ConformOptions } from '../../src/conform/conform-request.js';
import { CommandError } from '../../src/errors.js';
import { EXIT } from '../../src/exit-codes.js';

const HERE = import.meta.dirname;
const RATED = join(HERE, 'tools', 'training', 'rated-value');
const SMALL = `of=${join(HERE, 'small')}`;

describe('a request to conform', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-conform-test-'));
    writeFileSync(join(folder, 'unknown-key.yml'), 'small:\n  inn: {}\n');
    writeFileSync(join(folder, 'list.yml'), '- small\n');
    writeFileSync(join(folder, 'broken.yml'), 'small: {\n');
    writeFileSync(join(folder, 'absent.yml'), 'small:\n  in: { of: ./absent }\n');
    writeFileSync(join(folder, 'tool.yaml'), 'name: half\nversion: 1\n');
    writeFileSync(join(folder, 'schema.json'), '{"type": "nothing"}');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const request = (tool: string, options: Partial<ConformOptions>): Promise<unknown> => {
    const nothing = { in: [], set: [], kind: [], check: [], limitMs: 1000, leaseS: 2 };
    return conformRequest(tool, { ...nothing, ...options }, () => undefined);
  };
  const at = (name: string): string => join(folder, name);

  it('is read with what it gives', async () => {
    const read = await request(RATED, { in: [SMALL], set: ['workMs=50', "fault='7'"] });
    expect(read).toMatchObject({
      tool: { folder: RATED, definition: { name: 'rated-value' } },
      cases: [{ name: 'given', with: { workMs: 50, fault: '7' } }],
    });
  });

  const mistakes: [string, () => Promise<unknown>, number, RegExp][] = [
    ['a folder without tool', () => request('./absent', {}), EXIT.notFound, /there is no .*absent\/tool.yaml/],
    ['a tool.yaml with mistakes', () => request(folder, {}), EXIT.usage, /tool.yaml:1:1 the file lacks 'stage'/],
    ['an unknown input', () => request(RATED, { in: ['off=./x'] }), EXIT.usage, /no input 'off'/],
    ['many for one', () => request(RATED, { in: [SMALL, SMALL] }), EXIT.usage, /'of' takes one artifact/],
    ['an absent folder', () => request(RATED, { in: ['of=./x'] }), EXIT.notFound, /in.of: there is no folder '.\/x'/],
    ['half an assignment', () => request(RATED, { in: ['of'] }), EXIT.usage, /--in 'of' is no assignment/],
    ['an unknown parameter', () => request(RATED, { set: ['speed=1'] }), EXIT.usage, /no parameter 'speed'/],
    ['a wrong parameter', () => request(RATED, { set: ['workMs=soon'] }), EXIT.usage, /workMs must be integer/],
    ['an unknown check', () => request(RATED, { check: ['kil'] }), EXIT.usage, /there is no check 'kil'/],
    ['cases beside an input', () => request(RATED, { in: [SMALL], cases: 'x' }), EXIT.usage, /--cases goes without/],
    ['absent cases', () => request(RATED, { cases: at('x.yml') }), EXIT.notFound, /there is no file/],
    ['broken cases', () => request(RATED, { cases: at('broken.yml') }), EXIT.usage, /broken.yml: /],
    ['cases without names', () => request(RATED, { cases: at('list.yml') }), EXIT.usage, /no cases by name/],
    ['an unknown key', () => request(RATED, { cases: at('unknown-key.yml') }), EXIT.usage, /small.inn is unknown/],
    ['an absent input', () => request(RATED, { cases: at('absent.yml') }), EXIT.notFound, /small.in.of: there is no/],
    ["a kind of Sedge's", () => request(RATED, { kind: ['source=x'] }), EXIT.usage, /a kind of Sedge's own/],
    [
      'no schema',
      () => request(RATED, { kind: [`a.b=${at('schema.json')}`] }),
      EXIT.usage,
      /can't be used as a JSON Schema/,
    ],
  ];
  it.each(mistakes)('with %s is refused before anything starts', async (_, ask, exitCode, words) => {
    const error: unknown = await ask().catch((refusal: unknown) => refusal);
    expect(error).toBeInstanceOf(CommandError);
    expect(error).toMatchObject({ exitCode, message: expect.stringMatching(words), mend: expect.stringMatching(/\w/) });
  });
});
