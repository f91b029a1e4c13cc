// Starts again what ends, and what runs but can't do its work any more, after a pause that grows while it ends again soon.
import { setTimeout as sleep } from 'node:timers/promises';

export class Supervisor {
  #ending = new AbortController();

  /**
   * @param say takes each line about what ended
   * @param firstPauseMs before the first start; each further one waits twice as long, up to `longestPauseMs`
   * @param steadyMs what ran for as long begins with the first pause again
   * @param lookMs how often what runs is asked whether it can do its work
   */
  constructor({ say, firstPauseMs = 1000, longestPauseMs = 60_000, steadyMs = 60_000, lookMs = 5000 }) {
    Object.assign(this, { say, firstPauseMs, longestPauseMs, steadyMs, lookMs });
  }

  /** @param process is running; it has start(), isRunning, pid and onExit, and fault() and stop() where it may run in vain */
  watch(name, process) {
    const watched = { name, process, restarts: 0, upSince: Date.now(), isRestarting: false };
    process.onExit = (code, signal) => void this.#restart(watched, `ended (${signal ?? `exit code ${code}`})`);
    if (!process.isRunning) void this.#restart(watched, 'ended (at once)');
    if (process.fault) void this.#look(watched);
  }

  /** From now on what ends stays ended. */
  stop() {
    this.#ending.abort();
  }

  async #look(watched) {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await sleep(this.lookMs, undefined, { signal }).catch(() => undefined);
      const fault = watched.isRestarting || signal.aborted ? null : await watched.process.fault();
      if (fault !== null) await this.#restart(watched, `can't do its work any more (${fault})`);
    }
  }

  async #restart(watched, how) {
    const { signal } = this.#ending;
    // A start that fails is an exit, too.
    if (signal.aborted || watched.isRestarting) return;
    watched.isRestarting = true;
    for (let why = how; why !== null && !signal.aborted;) {
      const pauseMs = this.#pauseOf(watched);
      this.say(`${watched.name} ${why}; it is started again in ${pauseMs / 1000} s`);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      // What runs in vain is still there.
      if (watched.process.isRunning) await watched.process.stop();
      if (!signal.aborted) why = await this.#start(watched);
    }
    watched.isRestarting = false;
  }

  #pauseOf(watched) {
    if (Date.now() - watched.upSince >= this.steadyMs) watched.restarts = 0;
    return Math.min(this.firstPauseMs * 2 ** watched.restarts++, this.longestPauseMs);
  }

  /** @returns why it does not run, or null */
  async #start(watched) {
    const failure = await watched.process.start().then(
      () => null,
      (error) => error.message,
    );
    watched.upSince = Date.now();
    if (failure === null && !watched.process.isRunning) return 'ended (as soon as it was there)';
    if (failure !== null) return `ended (${failure})`;
    this.say(`${watched.name} is there again, process ${watched.process.pid}`);
    return null;
  }
}
