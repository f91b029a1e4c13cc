import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readToolArgument } from '../../src/conform/bench.js';
import { caseOfOptions } from '../../src/conform/case-file.js';
import type { Surroundings } from '../../src/conform/conform-tool.js';
import { WorkerPlace } from '../../src/conform/conform-worker.js';
import { KindSchemas } from '../../src/conform/kind-schemas.js';
import type { Verdict } from '../../src/conform/verdict.js';

const HERE = import.meta.dirname;
const TOOL = join(HERE, 'tools', 'training', 'rated-outside');
const LEASE_S = 2;
const LIMIT_MS = 6000;

type Fault = [fault: string, check: string, words: RegExp];

/** Each fault that the sample worker can have, the check that must find it, and the words by which it must be named. */
export const QUICK_FAULTS: Fault[] = [
  ['other-metric', 'outputs', /the metric 'value' that the tool declares is not in its metadata \(rating\)/],
  ['clock', 'repeatability', /output 'report': report.json differs: from byte \d+ on/],
  ['twice', 'duplicate', /it did the work again/],
  ['rash', 'reordered', /nobody took the job/],
  ['needy', 'older', /nobody took the job/],
  ['closed', 'newer', /nobody took the job/],
  ['any-version', 'unknown-version', /it asked the stage for the job of that event: POST .*claim/],
  ['trusting', 'broken-events', /the worker ended: .*JSON/],
  ['led-astray', 'broken-events', /it asked for .*runs\/x.*, which a broken event named/],
  ['swallows', 'broken-bytes', /it took them for good/],
  ['hopeful', 'broken-bytes', /tried again for nothing/],
  ['deaf', 'cancellation', /it completed the job after it was told/],
  ['brittle', 'outage', /the worker (has )?ended: .*(Connection|Disconnected)/],
];

/** Those that show only after leases or deliveries have run out. */
export const SLOW_FAULTS: Fault[] = [
  ['other-kind', 'golden', /JOB_OUTPUT_INVALID.*kind source, not report.rating/],
  ['thankless', 'acknowledgement', /\d events are not acknowledged/],
  ['silent', 'heartbeats', /it sent no heartbeat, and a lease lasts 2.0 s/],
  ['stubborn', 'lost-lease', /it tried to complete the job after a heartbeat had answered 409/],
  ['thief', 'lost-lease', /an attempt and a token that no claim of its own gave it/],
  ['takes-early', 'kill', /nobody took the job again after attempt 1/],
];

/** A NATS server, a stage and a relay, between which the sample worker is tried with one fault after the other. */
export class WorkerTrial {
  private constructor(
    private readonly folder: string,
    private readonly around: Surroundings,
    private readonly kinds: KindSchemas,
    private readonly place: WorkerPlace,
  ) {}

  static async start(): Promise<WorkerTrial> {
    const folder = mkdtempSync(join(tmpdir(), 'sedge-conform-test-'));
    const around = {
      isVerbose: false,
      dataDirectory: join(folder, 'data'),
      signal: new AbortController().signal,
      api: () => Promise.reject(new Error('no artifact of a user is needed here')),
    };
    const kinds = await KindSchemas.read([`report.rating=${join(HERE, 'rating.schema.json')}`]);
    const place = await WorkerPlace.open(around, { tool: await readToolArgument(TOOL), leaseS: LEASE_S });
    return new WorkerTrial(folder, around, kinds, place);
  }

  /** @param isWanted which checks are played beside golden and outputs */
  play(fault: string, isWanted: (check: string) => boolean): Promise<Verdict[]> {
    const cases = [caseOfOptions([`of=${join(HERE, 'small')}`], [])];
    const program = join(HERE, 'rate_outside.py');
    const start = `python3 ${program} --nats {nats} --stage {stage} --api {api} --tool {tool} --fault ${fault}`;
    return this.place.play(this.around, {
      cases,
      kinds: this.kinds,
      start,
      limitMs: LIMIT_MS,
      isWanted: (check) => ['golden', 'outputs'].includes(check) || isWanted(check),
      tell: () => undefined,
    });
  }

  async expectFound([fault, check, words]: Fault): Promise<void> {
    const failures = (await this.play(fault, (name) => name === check)).filter(({ state }) => state === 'failed');
    expect(failures.map((verdict) => verdict.check)).toEqual([check]);
    expect(failures[0]!.found).toMatch(words);
    expect(failures[0]).toHaveProperty('mend', expect.stringMatching(/\w/));
  }

  async end(): Promise<void> {
    await this.place.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
