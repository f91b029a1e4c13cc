import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolArgument } from '../../src/conform/bench.js';
import { caseOfOptions } from '../../src/conform/case-file.js';
import { ToolPlace, type Surroundings } from '../../src/conform/conform-tool.js';
import { HTTP_CHECKS } from '../../src/conform/http/http-checks.js';
import { KindSchemas } from '../../src/conform/kind-schemas.js';
import { checksFor } from '../../src/conform/tool-checks.js';
import type { Verdict } from '../../src/conform/verdict.js';

const HERE = import.meta.dirname;

/** Each fault that the sample server can have, the check that must find it, and the words by which it must be named. */
const FAULTS: [fault: string, check: string, words: RegExp][] = [
  ['closed', 'newer', /PUT of the job was answered 400: .*laterField/],
  ['deaf', 'cancellation', /the run went on for more than its grace time of 400 ms/],
  ['locks', 'kill', /after a connection that broke: it failed \(permanent\) with LOCKED/],
  ['once-only', 'repeated-requests', /for the 2. time was answered 409/],
  ['thin-skinned', 'broken-requests', /PUT of a job that is no JSON was answered with a broken connection/],
  ['open-door', 'strange-paths', /PUT v1\/jobs\/\{job\}\/inputs\/of\/.* was answered with 201/],
  ['restless', 'golden', /declares another version/],
  // The last one: the server is gone afterwards.
  ['one-life', 'kill', /the server does not start again after a kill: .*another server is at work/],
];

describe('conform, with the server of a tool', () => {
  let folder: string;
  let place: ToolPlace;
  let around: Surroundings;
  let kinds: KindSchemas;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-conform-test-'));
    const port = await freePort();
    cpSync(join(HERE, 'tools', 'training', 'rated-by-server'), folder, { recursive: true });
    const file = join(folder, 'tool.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('PORT', String(port)));
    around = {
      isVerbose: false,
      dataDirectory: join(folder, 'data'),
      signal: new AbortController().signal,
      api: () => Promise.reject(new Error('no artifact of a user is needed here')),
    };
    writeFileSync(join(folder, 'fault'), 'none');
    const start = `python3 ${join(HERE, 'rate_server.py')} ${port} ${folder}`;
    place = await ToolPlace.open(around, await readToolArgument(folder), start);
    kinds = await KindSchemas.read([`report.rating=${join(HERE, 'rating.schema.json')}`]);
  });

  afterAll(async () => {
    await place?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param check the only one that is played beside golden and outputs; all of them where it is left out */
  async function play(fault: string, check?: string): Promise<Verdict[]> {
    writeFileSync(join(folder, 'fault'), fault);
    const cases = [caseOfOptions([`of=${join(HERE, 'small')}`], ['workMs=1200'])];
    const isWanted = (name: string): boolean => check === undefined || ['golden', 'outputs', check].includes(name);
    // A good one may take its time on a busy machine; one that hangs costs all of it.
    const limitMs = fault === 'none' ? 60_000 : 6000;
    return place.play(around, { cases, kinds, limitMs, isWanted, tell: () => undefined });
  }

  it('finds nothing wrong with one that keeps the contract, and plays every check', async () => {
    const verdicts = await play('none');
    expect(verdicts.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(verdicts.map(({ check }) => check)).toEqual(checksFor('http').map(({ name }) => name));
  });

  it.each(FAULTS)('finds the fault "%s" by the check %s', async (fault, check, words) => {
    const failures = (await play(fault, check)).filter(({ state }) => state === 'failed');
    expect(failures.map((verdict) => verdict.check)).toEqual([check]);
    expect(failures[0]!.found).toMatch(words);
    expect(failures[0]).toHaveProperty('mend', expect.stringMatching(/\w/));
  });

  it('has a fault planted for every check of its own', () => {
    const found = new Set(FAULTS.map(([, check]) => check));
    expect(HTTP_CHECKS.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([]);
  });
});
