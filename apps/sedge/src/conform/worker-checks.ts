import type { Check } from './verdict.js';
import { acknowledgement } from './worker/checks/acknowledgement.js';
import { brokenBytes } from './worker/checks/broken-bytes.js';
import { brokenEvents } from './worker/checks/broken-events.js';
import { cancellation } from './worker/checks/cancellation.js';
import { duplicate } from './worker/checks/duplicate.js';
import { golden } from './worker/checks/golden.js';
import { heartbeats } from './worker/checks/heartbeats.js';
import { kill } from './worker/checks/kill.js';
import { lostLease } from './worker/checks/lost-lease.js';
import { newer } from './worker/checks/newer.js';
import { older } from './worker/checks/older.js';
import { outage } from './worker/checks/outage.js';
import { outputs } from './worker/checks/outputs.js';
import { reordered } from './worker/checks/reordered.js';
import { repeatability } from './worker/checks/repeatability.js';
import { unknownVersion } from './worker/checks/unknown-version.js';
import type { WorkerBench } from './worker/worker-bench.js';

/** What is played at a worker outside, in this order. */
export const WORKER_CHECKS: readonly Check<WorkerBench>[] = [
  golden,
  outputs,
  repeatability,
  acknowledgement,
  duplicate,
  reordered,
  older,
  newer,
  unknownVersion,
  brokenEvents,
  brokenBytes,
  heartbeats,
  cancellation,
  lostLease,
  outage,
  kill,
];
