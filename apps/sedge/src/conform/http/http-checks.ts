import type { Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';
import { brokenRequests } from './checks/broken-requests.js';
import { cancellation } from './checks/cancellation.js';
import { kill } from './checks/kill.js';
import { newer } from './checks/newer.js';
import { repeatedRequests } from './checks/repeated-requests.js';
import { strangePaths } from './checks/strange-paths.js';

/** What is played at a server, by the tool HTTP API itself; those with the name of another check take its place. */
export const HTTP_CHECKS: readonly Check<Workbench>[] = [
  newer,
  cancellation,
  kill,
  repeatedRequests,
  brokenRequests,
  strangePaths,
];
