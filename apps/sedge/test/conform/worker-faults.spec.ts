import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readToolArgument } from '../../src/conform/bench.js';
import { caseOfOptions } from '../../src/conform/case-file.js';
import type { Surroundings } from '../../src/conform/conform-tool.js';
import { WorkerPlace } from '../../src/conform/conform-worker.js';
import { KindSchemas } from '../../src/conform/kind-schemas.js';
import type { Verdict } from '../../src/conform/verdict.js';
import { WORKER_CHECKS } from '../../src/conform/worker-checks.js';

const HERE = import.meta.dirname;
const TOOL = join(HERE, 'tools', 'training', 'rated-outside');
const LEASE_S = 2;

/** Each fault that the sample worker can have, the check that must find it, and the words by which it must be named. */
const FAULTS: [fault: string, check: string, words: RegExp][] = [
  ['other-kind', 'golden', /JOB_OUTPUT_INVALID|attempt 1|still running|failed/],
  ['other-metric', 'outputs', /the metric 'value' that the tool declares is not in its metadata \(rating\)/],
  ['clock', 'repeatability', /output 'report': report.json differs: from byte \d+ on/],
  ['thankless', 'acknowledgement', /1 events are not acknowledged/],
  ['twice', 'duplicate', /it did the work again/],
  ['rash', 'reordered', /nobody took the job/],
  ['needy', 'older', /nobody took the job/],
  ['closed', 'newer', /nobody took the job/],
  ['any-version', 'unknown-version', /it asked the stage for the job of that event: POST .*claim/],
  ['trusting', 'broken-events', /the worker ended: .*JSON/],
  ['led-astray', 'broken-events', /it asked for .*runs\/x.*, which a broken event named/],
  ['swallows', 'broken-bytes', /it took them for good/],
  ['hopeful', 'broken-bytes', /tried again for nothing/],
  ['silent', 'heartbeats', /it sent no heartbeat, and a lease lasts 2.0 s/],
  ['deaf', 'cancellation', /it completed the job after it was told/],
  ['stubborn', 'lost-lease', /it tried to complete the job after a heartbeat had answered 409/],
  ['thief', 'lost-lease', /an attempt and a token that no claim of its own gave it/],
  ['brittle', 'outage', /the worker has ended/],
  ['takes-early', 'kill', /nobody took the job again after attempt 1/],
];

const missing = missingServer('nats-server');

describe.skipIf(missing)(`conform, with a worker outside (${missing ?? 'at a NATS server'})`, () => {
  let folder: string;
  let place: WorkerPlace;
  let around: Surroundings;
  let kinds: KindSchemas;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sedge-conform-test-'));
    around = {
      isVerbose: false,
      dataDirectory: join(folder, 'data'),
      signal: new AbortController().signal,
      api: () => Promise.reject(new Error('no artifact of a user is needed here')),
    };
    kinds = await KindSchemas.read([`report.rating=${join(HERE, 'rating.schema.json')}`]);
    place = await WorkerPlace.open(around, { tool: await readToolArgument(TOOL), leaseS: LEASE_S });
  });

  afterAll(async () => {
    await place?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** @param check the only one that is played beside golden and outputs; all of them where it is left out */
  function play(fault: string, check?: string): Promise<Verdict[]> {
    const cases = [caseOfOptions([`of=${join(HERE, 'small')}`], [])];
    const isWanted = (name: string): boolean => check === undefined || ['golden', 'outputs', check].includes(name);
    const start = `python3 ${join(HERE, 'rate_outside.py')} --nats {nats} --stage {stage} --api {api} --tool {tool} --fault ${fault}`;
    return place.play(around, { cases, kinds, start, limitMs: 6000, isWanted, tell: () => undefined });
  }

  it('finds nothing wrong with one that keeps the contract, and plays every check', async () => {
    const verdicts = await play('none');
    expect(verdicts.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(verdicts.map(({ check }) => check)).toEqual(WORKER_CHECKS.map(({ name }) => name));
  });

  it.each(FAULTS)('finds the fault "%s" by the check %s', async (fault, check, words) => {
    const failures = (await play(fault, check)).filter(({ state }) => state === 'failed');
    expect(failures.map((verdict) => verdict.check)).toEqual([check]);
    expect(failures[0]!.found).toMatch(words);
    expect(failures[0]).toHaveProperty('mend', expect.stringMatching(/\w/));
  });

  it('has a fault planted for every check', () => {
    expect(new Set(FAULTS.map(([, check]) => check))).toEqual(new Set(WORKER_CHECKS.map(({ name }) => name)));
  });
});
