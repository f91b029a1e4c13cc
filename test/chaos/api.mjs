// Talks to a Sedge whose processes come and go: what nobody answers is asked again.
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const AGAIN_MS = 300;
const ANSWER_MS = 15_000;
const PATIENCE_MS = 120_000;

export class Api {
  #url;
  #token;

  constructor(url, token) {
    this.#url = url;
    this.#token = token;
  }

  async call(path, init = {}) {
    const headers = { authorization: `Bearer ${this.#token}`, ...init.headers };
    const answer = await fetch(`${this.#url()}${path}`, { signal: AbortSignal.timeout(ANSWER_MS), ...init, headers });
    return { status: answer.status, text: await answer.text() };
  }

  async get(path) {
    const { status, text } = await this.call(path);
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  /** @throws Error when the condition did not come true in time */
  async until(condition, timeoutMs = PATIENCE_MS, everyMs = AGAIN_MS) {
    for (const deadline = Date.now() + timeoutMs; ; await sleep(everyMs)) {
      if (await condition().catch(() => false)) return;
      if (Date.now() > deadline) throw new Error(`this did not come true in ${timeoutMs / 1000} s: ${condition}`);
    }
  }

  /** @param key under which asking twice is asking once */
  async startRun(workflow, key) {
    let id;
    await this.until(async () => {
      const { status, text } = await this.call('/v1/runs', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ workflow, baseDirectory: tmpdir() }),
      });
      if (status >= 400 && status < 500) throw Object.assign(new Error(text), { isFinal: true });
      id = status < 300 ? JSON.parse(text).id : undefined;
      return id !== undefined;
    });
    return id;
  }

  show(run) {
    return this.get(`/v1/runs/${run}`);
  }

  async ended(run, timeoutMs, everyMs) {
    await this.until(async () => (await this.show(run)).state !== 'running', timeoutMs, everyMs);
  }
}
