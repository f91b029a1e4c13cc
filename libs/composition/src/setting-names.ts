import { nearestName } from '@sedge/tool-contracts';

/** Settings of services that others than `settings.ts` read. */
const OF_SERVICES = [
  // the service workflow
  ...['MAX_CHARACTERS', 'MAX_STEPS', 'PARALLEL_STEPS', 'PLAN_TIMEOUT_MS', 'WATCH_MS', 'RECONCILE_MS'],
  // the runner of containers
  ...['CONTAINER_OPTIONS', 'CONTAINER_RUN_OPTIONS'],
].map((name) => `SEDGE_${name}`);
/** Names that no service reads, and that are no slip of the pen all the same. */
const OF_OTHERS = [
  // what a tool is told
  ...['JOB'],
  // commands, scripts and tests
  ...['TOKEN', 'PYTHON', 'IMAGES_BASE', 'REFERENCE_PYTHON', 'TEST_SEED', 'TEST_S3', 'TEST_DEEP', 'FUZZ_RUNS'],
  // the Compose file
  ...['REGISTRY', 'VERSION', 'SECRETS', 'INPUTS', 'LISTEN'],
].map((name) => `SEDGE_${name}`);
/** Begins the names of mirrors, which are many. */
const MIRROR = 'SEDGE_INDEX_';
/** Letters that a name may differ in to be taken for a slip: beyond that it is somebody's own, such as what a cluster names after its services. */
const MOST_LETTERS = 2;

/**
 * Says of variables that are nearly settings what was meant: passed over in silence, a misspelt safeguard would be none.
 * @param own names that `settings.ts` reads
 */
export function misspeltSettings(given: readonly string[], own: readonly string[]): string[] {
  return given.flatMap((name) => {
    const meant = isKnownName(name, own) ? null : nearestName(name, [...own, ...OF_SERVICES], MOST_LETTERS);
    return meant === null ? [] : [`${name} is no setting; did you mean ${meant}?`];
  });
}

/** Whether somebody reads a variable of this name. */
export function isKnownName(name: string, own: readonly string[]): boolean {
  return [...own, ...OF_SERVICES, ...OF_OTHERS].includes(name) || name.startsWith(MIRROR);
}
