import { describe, expect, it } from 'vitest';
import { parseToolFile } from './tool-file.js';

const GOOD = `name: count-clips
version: '1'
stage: ingestion
summary: Counts clips.
inputs:
  dataset: { kind: dataset.audio }
outputs:
  report: { kind: report.count }
parameters:
  type: object
  properties:
    limit: { type: integer, default: 3 }
resources: { cpu: 1, memoryMb: 100 }
reproducibility: { level: bitwise }
runtime:
  kind: process
  command: [python3, count.py]
`;

const mistakesIn = (text: string) => {
  const reading = parseToolFile(text, 'tool.yaml');
  return reading.ok ? [] : reading.mistakes;
};

describe('a tool file', () => {
  it('gives the definition', () => {
    const reading = parseToolFile(GOOD, 'tool.yaml');
    expect(reading).toMatchObject({ ok: true, definition: { name: 'count-clips', runtime: { kind: 'process' } } });
  });

  it.each([
    ['a misspelt key', GOOD.replace('version:', 'versoin:'), 2, /unknown key 'versoin'/, /did you mean 'version'/],
    ['a missing key', GOOD.replace(/summary: .*\n/, ''), 1, /lacks 'summary'/, /add it/],
    ['an unknown runtime', GOOD.replace('kind: process', 'kind: proces'), 16, /runtime\.kind is 'proces'/, /process/],
    [
      'a key of another runtime',
      GOOD.replace('command: [python3, count.py]', 'command: [a]\n  image: b'),
      18,
      /'image'/,
      /remove it|did you/,
    ],
    ['a parameter without default', GOOD.replace(', default: 3', ''), 12, /'limit' has no default/, /add one/],
    ['a default that does not fit', GOOD.replace('default: 3', 'default: three'), 12, /doesn't fit/, /correct/],
    [
      'a machine name that is none',
      GOOD.replace('level: bitwise', 'level: machine, names: [cpu]'),
      14,
      /allowed values/,
      /cpu-features/,
    ],
    ['broken YAML', GOOD.replace('{ cpu: 1', '{ cpu: 1, ['), 13, /./, /YAML/],
  ])('reports %s with its place and mend', (_what, text, line, message, mend) => {
    const found = mistakesIn(text).find((mistake) => message.test(mistake.message) && mend.test(mistake.mend));
    expect(found, JSON.stringify(mistakesIn(text), null, 1)).toMatchObject({ file: 'tool.yaml', line });
  });

  it('refuses a lock file outside the folder', () => {
    const text = GOOD.replace(
      '[python3, count.py]',
      "[python3]\n  environment: { python: '>=3.10', locks: [{ file: ../x }] }",
    );
    expect(mistakesIn(text)[0]?.message).toMatch(/outside the tool's folder/);
  });
});
