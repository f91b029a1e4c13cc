import { failed, passed, type Check } from '../../verdict.js';
import type { WorkerBench } from '../worker-bench.js';

/** Longer than the broker waits for an acknowledgement before it delivers again. */
const WITHIN_MS = 12_000;

export const acknowledgement: Check<WorkerBench> = {
  name: 'acknowledgement',
  played: 'a job, and then a look at the consumer of the tool',
  expected: 'every event is acknowledged once its job is at its end, or it would come again for ever',
  async play(bench) {
    await bench.ended(await bench.ask(bench.main));
    const isDone = await bench.until(async () => (await bench.open()) === 0, WITHIN_MS);
    if (isDone) return passed('nothing is left to acknowledge');
    const { num_pending: pending, num_ack_pending: open } = await bench.consumer();
    return failed(
      `${open} events are not acknowledged, ${pending} not fetched`,
      'send +ACK to the reply subject of the message when the job has succeeded, failed or is cancelled',
    );
  },
};
