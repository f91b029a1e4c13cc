import { failed, passed, type Check } from '../../verdict.js';
import { isUnfit } from '../good-end.js';
import type { WorkerBench } from '../worker-bench.js';

/** What anybody who may publish could put on the subject. */
const BROKEN: readonly (string | Buffer)[] = [
  '{"specversion":"1.0","type":"sedge.job.req',
  Buffer.from([0, 255, 254, 128, 10, 13, 0]),
  '',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"specversion":"1.0","id":"1","source":"/x","type":"sedge.job.requested.v1","subject":7,"data":{}}',
  '{"specversion":"1.0","id":"2","source":"/x","type":"sedge.job.requested.v1","subject":"../runs/x","data":null}',
];

/** Jobs by their digests, and the API of artifacts. */
const KNOWN =
  /^\/v1\/(jobs\/sha256(:|%3[Aa])[0-9a-f]{64}(\/(claim|heartbeat|complete|fail|logs))?|artifacts|uploads|kinds|openapi\.json|health)([/?]|$)/;

export const brokenEvents: Check<WorkerBench> = {
  name: 'broken-events',
  played: `${BROKEN.length} events that are none: cut off, binary, empty, of the wrong form, with a subject that is a path`,
  expected: 'the worker passes over each, asks for no address made of it, and does the next job',
  async play(bench) {
    const { relay } = bench.parts;
    const from = relay.calls.length;
    for (const bytes of BROKEN) await bench.publish(bytes);
    const mend =
      'catch what parsing throws, check that the subject is sha256: and 64 hexadecimal digits, and end (+TERM) what is no event';
    const bad = await isUnfit(bench, mend);
    if (bad !== null) return bad;
    const strange = relay.calls.slice(from).find(({ path }) => !KNOWN.test(path));
    if (strange !== undefined)
      return failed(`it asked for ${strange.method} ${strange.path}, which a broken event named`, mend);
    return passed('they were passed over, and the next job was done');
  },
};
