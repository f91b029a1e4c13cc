// Workflows and disturbances go along side by side, so that each disturbance meets work under way and none comes after the last.

/** How far one may be ahead of the other, as a share of all. */
const AHEAD = 0.06;

export class Pace {
  workflows = 0;
  disturbances = 0;
  #waiting = [];

  /** @param allWorkflows how many there will be of each */
  constructor(allWorkflows, allDisturbances) {
    this.all = { workflows: allWorkflows, disturbances: allDisturbances };
  }

  /** Resolves when the next workflow may start. */
  nextWorkflow() {
    return this.#next('workflows', 'disturbances');
  }

  nextDisturbance() {
    return this.#next('disturbances', 'workflows');
  }

  async #next(kind, other) {
    while (this.#shareOf(kind) > this.#shareOf(other) + AHEAD)
      await new Promise((resume) => this.#waiting.push(resume));
    this[kind]++;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #shareOf(kind) {
    return this.all[kind] === 0 ? 1 : this[kind] / this.all[kind];
  }
}
