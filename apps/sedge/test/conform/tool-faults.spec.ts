import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolArgument } from '../../src/conform/bench.js';
import { caseOfOptions } from '../../src/conform/case-file.js';
import { ToolPlace, type Surroundings } from '../../src/conform/conform-tool.js';
import { KindSchemas } from '../../src/conform/kind-schemas.js';
import { TOOL_CHECKS } from '../../src/conform/tool-checks.js';
import type { Verdict } from '../../src/conform/verdict.js';

const HERE = import.meta.dirname;

/** Each fault that the sample tool can have, the check that must find it, and the words by which it must be named. */
const FAULTS: [fault: string, check: string, words: RegExp][] = [
  ['fails', 'golden', /RATE_INPUT_INVALID: it never works/],
  ['no-size', 'outputs', /output 'words': metadata: sizeBytes/],
  ['other-file', 'outputs', /the kind source must have the file source/],
  ['no-metadata', 'outputs', /output 'words': the tool wrote no metadata.json/],
  ['text-metric', 'outputs', /metadata\/metrics\/value must be number/],
  ['other-metric', 'outputs', /the metric 'value' that the tool declares is not in its metadata \(rating\)/],
  ['overshoots', 'protocol', /progress \d+ of 8 step/],
  ['backwards', 'protocol', /progress went back/],
  ['false-alarm', 'protocol', /it succeeded, and said the error RATE_ODD/],
  ['clock', 'repeatability', /output 'report': report.json differs: from byte \d+ on/],
  ['counts-on', 'duplicate', /output 'report': .*differs/],
  ['one-place', 'side-by-side', /another one is at work/],
  ['job-id', 'events', /as another job the result is another: output 'report': report.json differs/],
  ['closed', 'newer', /unknown fields: \['laterField'\]/],
  ['swallows', 'broken-bytes', /report.json of the input 'of', cut in half: it succeeded: it took them for good/],
  ['blames-nobody', 'broken-bytes', /gives no reason/],
  ['aborts', 'broken-bytes', /it crashed/],
  ['hopes', 'broken-bytes', /tried again for nothing/],
  ['hangs', 'broken-bytes', /still at work after/],
  ['deaf', 'cancellation', /it went on for .* though its grace time is 400 ms/],
  ['half-kept', 'kill', /the next attempt gives something else: output 'report'/],
  ['orphan', 'traces', /processes were left at work: sleep 30/],
  ['scribbles', 'traces', /report.json of the input 'of' was changed/],
  ['own-folder', 'traces', /the tool is another than before/],
];

describe('conform, with a tool that a stage runs', () => {
  let folder: string;
  let place: ToolPlace;
  let around: Surroundings;
  let kinds: KindSchemas;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-conform-test-'));
    cpSync(join(HERE, 'tools'), join(folder, 'tools'), { recursive: true });
    around = {
      isVerbose: false,
      dataDirectory: join(folder, 'data'),
      signal: new AbortController().signal,
      api: () => Promise.reject(new Error('no artifact of a user is needed here')),
    };
    kinds = await KindSchemas.read([`report.rating=${join(HERE, 'rating.schema.json')}`]);
    place = await ToolPlace.open(
      around,
      await readToolArgument(join(folder, 'tools', 'training', 'rated-value')),
      null,
    );
  });

  afterAll(async () => {
    await place?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param check the only one that is played beside golden and outputs; all of them where it is left out */
  async function play(fault: string, check?: string): Promise<Verdict[]> {
    const isTimed = check === undefined || ['side-by-side', 'cancellation', 'kill'].includes(check);
    const settings = [`fault=${fault}`, ...(isTimed ? ['workMs=1200'] : [])];
    const cases = [caseOfOptions([`of=${join(HERE, 'small')}`], settings)];
    const isWanted = (name: string): boolean => check === undefined || ['golden', 'outputs', check].includes(name);
    // A good one may take its time on a busy machine; one that hangs costs all of it.
    const limitMs = fault === 'none' ? 60_000 : 4000;
    return place.play(around, { cases, kinds, limitMs, isWanted, tell: () => undefined });
  }

  const failuresIn = (verdicts: readonly Verdict[]): Verdict[] => verdicts.filter(({ state }) => state === 'failed');

  it('finds nothing wrong with one that keeps the contract, and plays every check', async () => {
    const verdicts = await play('none');
    expect(verdicts.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(verdicts.map(({ check }) => check)).toEqual(TOOL_CHECKS.map(({ name }) => name));
  });

  it.each(FAULTS)('finds the fault "%s" by the check %s', async (fault, check, words) => {
    const failures = failuresIn(await play(fault, check));
    expect(failures.map((verdict) => verdict.check)).toEqual([check]);
    expect(failures[0]!.found).toMatch(words);
    expect(failures[0]).toHaveProperty('mend', expect.stringMatching(/\w/));
  });

  it.each([
    [
      'that is not there and can not be made up',
      [],
      /the input 'of' takes report.rating, of which the kit can make none/,
    ],
    ['whose folder has no metadata', [`of=${HERE}`], /metadata.json can't be read: there is no such file/],
  ])('refuses an input %s', async (_, inputs, words) => {
    const asked = {
      cases: [caseOfOptions(inputs, [])],
      kinds,
      limitMs: 4000,
      isWanted: () => true,
      tell: () => undefined,
    };
    await expect(place.play(around, asked)).rejects.toThrow(words);
  });

  it('has a fault planted for every check', () => {
    expect(new Set(FAULTS.map(([, check]) => check))).toEqual(new Set(TOOL_CHECKS.map(({ name }) => name)));
  });
});
