import type { ToolOutcome } from '@sedge/ports';

/** What an installer has said last, line by line, is enough to tell why it failed. */
const LINES_KEPT = 40;

const DISK_FULL = /no space left on device|ENOSPC|errno 28|disk quota exceeded/i;
/** What passes by itself: a server that is slow or overloaded, a connection that was cut. */
const PASSING = new RegExp(
  [
    'timed? ?out|timeout',
    'connection (was )?(reset|aborted|broken|closed)|incomplete ?read|unexpected eof',
    'HTTP (status server )?error.{0,10}\\b(408|429|50[234])\\b|\\b(408|429|50[234]) (Server|Client) Error',
    'too many requests|service unavailable|bad gateway',
  ].join('|'),
  'i',
);
/** Lines of an installer that say what was refused, in the words of uv and pip. */
const TELLING =
  /\b(401|403|404|407)\b|forbidden|unauthori[sz]ed|not found|no matching distribution|no solution found|hash(es)? (mismatch|do not match)|dns error|name resolution|refused/i;

/** Keeps the last lines that an installer says. */
export class InstallerWords {
  private readonly lines: string[] = [];

  add(line: string): void {
    this.lines.push(line);
    if (this.lines.length > LINES_KEPT) this.lines.shift();
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** The line that names what was refused, else the last one. */
  get reason(): string {
    const said = this.lines.map((line) => line.replace(/^[\s×├╰─▶│]+/, '').trim()).filter((line) => line !== '');
    return said.findLast((line) => TELLING.test(line)) ?? said.at(-1) ?? 'the installer said nothing';
  }
}

/**
 * What a failed installation is to the job: a time-out or a cut connection may be over the next time; what an index or a machine has refused
 * is final, and waiting for it would only keep the user.
 *
 * @param name of the tool
 */
export function installFailure(outcome: ToolOutcome, words: InstallerWords, name: string): ToolOutcome {
  if (outcome.status !== 'failed' || outcome.code === 'ENVIRONMENT_VENV_MISSING') return outcome;
  const said = `${outcome.message}\n${words.text}`;
  if (DISK_FULL.test(said)) {
    const message = `the disk became full while the environment of ${name} was made; free some, or move the data directory`;
    return { status: 'failed', class: 'permanent', code: 'ENVIRONMENT_DISK_FULL', message };
  }
  const isPassing = outcome.class === 'transient' || PASSING.test(said);
  const mend = isPassing
    ? 'it is tried again; see that the network holds'
    : "see the job's log, and check the settings of network, proxy and mirror (pip config list)";
  const message = `the environment of ${name} can't be made: ${words.reason}; ${mend}`;
  return { status: 'failed', class: isPassing ? 'transient' : 'permanent', code: 'ENVIRONMENT_FAILED', message };
}
