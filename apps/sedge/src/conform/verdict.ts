import { CommandError } from '../errors.js';

/** What a check found out. `skipped` says that it could not be played, and why. */
export type Finding =
  | { state: 'passed'; found: string }
  | { state: 'failed'; found: string; mend: string }
  | { state: 'skipped'; found: string };

/** One way to try a tool. The sentences are the manual's and the report's. */
export interface Check<Bench> {
  /** stable: scripts and tests name checks by it */
  name: string;
  /** what is done to the tool */
  played: string;
  /** what a tool that conforms does */
  expected: string;
  play(bench: Bench): Promise<Finding>;
}

/** A check with what came of it, as `--json` prints it. */
export type Verdict = Finding & { check: string; played: string; expected: string; durationMs: number };

export const passed = (found: string): Finding => ({ state: 'passed', found });
export const failed = (found: string, mend: string): Finding => ({ state: 'failed', found, mend });
export const skipped = (found: string): Finding => ({ state: 'skipped', found });

/**
 * Plays checks in their order.
 * @param isHopeless after a failure of this check the others would say nothing: they are skipped
 */
export async function playChecks<Bench>(
  checks: readonly Check<Bench>[],
  bench: Bench,
  { isHopeless, signal, tell, after }: PlayOptions,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let reason: string | null = null;
  for (const check of checks) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const finding = reason === null ? await playOne(check, bench, signal) : skipped(reason);
    if (reason === null) await after?.();
    const { name, played, expected } = check;
    const durationMs = Math.round(performance.now() - startedAt);
    const verdict: Verdict = { check: name, played, expected, ...finding, durationMs };
    if (finding.state === 'failed' && isHopeless(name)) reason = `${UNPLAYED} ${name} failed`;
    verdicts.push(verdict);
    tell(verdict);
  }
  return verdicts;
}

const UNPLAYED = 'not played, since the check';

/** Whether a check was left out because another failed. */
export const isUnplayed = ({ state, found }: Verdict): boolean => state === 'skipped' && found.startsWith(UNPLAYED);

interface PlayOptions {
  isHopeless(name: string): boolean;
  signal: AbortSignal;
  tell(verdict: Verdict): void;
  /** brings order after each check */
  after?(): Promise<void>;
}

/** A check that breaks down has found something that nobody thought of; that is no reason to lose the others. */
async function playOne<Bench>(check: Check<Bench>, bench: Bench, signal: AbortSignal): Promise<Finding> {
  try {
    return await check.play(bench);
  } catch (error) {
    if (error instanceof CommandError || signal.aborted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return failed(`the check broke off: ${message}`, 'see the sentence; if the tool is not to blame, report it');
  }
}
