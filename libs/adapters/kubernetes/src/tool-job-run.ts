import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolOutcome, ToolRun } from '@sedge/ports';
import { failureOf, parseToolLine } from '@sedge/tool-contracts';
import { KubernetesError, type KubernetesApi } from './kubernetes-api.js';
import { PodLog } from './pod-log.js';
import { DEFAULT_GRACE_MS } from './tool-job.js';
import { podStateOf, type Pod, type PodState } from './tool-pod.js';

const LOOK_EVERY_MS = 500;
/** A server that is away for longer has lost the tool's run: another attempt is made. */
const PATIENCE_MS = 120_000;
/** An image may come from a registry that is slow, or away for a moment. */
const IMAGE_PATIENCE_MS = 300_000;
/** The job controller makes the pod at once, unless the cluster has no room for it (a quota). */
const POD_PATIENCE_MS = 60_000;

/** One Job from its start to its end: what it prints, what becomes of it. */
export class ToolJobRun {
  private log: PodLog | null = null;
  private lastWords = '';
  private waitsFor = '';
  private imageMissingSince: number | null = null;

  constructor(
    private readonly api: KubernetesApi,
    private readonly run: ToolRun,
    private readonly name: string,
  ) {}

  /** @throws KubernetesError where the cluster does not answer for long, or refuses */
  async follow(): Promise<ToolOutcome> {
    const { signal } = this.run;
    try {
      const startedAt = Date.now();
      for (let hasPod = false; !signal.aborted; await pause(signal)) {
        const pod = await this.pod();
        if (pod === null && hasPod) return lost('its pod was removed');
        if (pod === null && Date.now() - startedAt > POD_PATIENCE_MS) return await this.withoutPod();
        hasPod ||= pod !== null;
        const outcome = pod && (await this.outcomeOf(pod));
        if (outcome) return outcome;
      }
      await this.stop();
      return { status: 'cancelled' };
    } finally {
      this.log?.close();
    }
  }

  private async outcomeOf(pod: Pod): Promise<ToolOutcome | null> {
    const state = podStateOf(pod);
    switch (state.phase) {
      case 'waiting':
        return this.waiting(state);
      case 'running':
        this.readLog(pod);
        return null;
      case 'lost':
        return lost(state.reason);
      case 'ended':
        return this.ended(pod, state);
    }
  }

  private waiting({ reason, isHopeless }: Extract<PodState, { phase: 'waiting' }>): ToolOutcome | null {
    if (reason !== this.waitsFor) this.run.onLine({ type: 'log', level: 'info', message: `waiting: ${reason}` });
    this.waitsFor = reason;
    const isImageMissing = /^(ErrImagePull|ImagePullBackOff)/.test(reason);
    this.imageMissingSince = isImageMissing ? (this.imageMissingSince ?? Date.now()) : null;
    const isTooLong = this.imageMissingSince !== null && Date.now() - this.imageMissingSince > IMAGE_PATIENCE_MS;
    if (!isHopeless && !isTooLong) return null;
    const message = `the cluster can't start the tool: ${reason}`;
    return { status: 'failed', class: isHopeless ? 'permanent' : 'transient', code: 'TOOL_NOT_STARTED', message };
  }

  private async ended(pod: Pod, { ending, outOfMemory }: Extract<PodState, { phase: 'ended' }>): Promise<ToolOutcome> {
    this.readLog(pod);
    const cut = await this.log!.end();
    if (cut !== null) this.run.onLine({ type: 'log', level: 'warn', message: `the end of the log is missing: ${cut}` });
    if (outOfMemory) {
      const message = `the tool used more memory than the ${this.run.tool.definition.resources.memoryMb} MB that it declares`;
      return { status: 'failed', class: 'transient', code: 'TOOL_KILLED', message };
    }
    const failure = failureOf({ ...ending, lastWords: this.lastWords });
    return failure === null ? { status: 'succeeded' } : { status: 'failed', ...failure };
  }

  private readLog(pod: Pod): void {
    this.log ??= new PodLog(this.api, pod.metadata.name, (text) => {
      const line = parseToolLine(text);
      // The two outputs of the program come as one here.
      if (!text.startsWith('{')) this.lastWords = text;
      this.run.onLine(line);
    });
  }

  /** The pods get SIGTERM, and SIGKILL after the tool's grace time. Resolves when they are gone, since their directories are removed next. */
  private async stop(): Promise<void> {
    const query = { propagationPolicy: 'Foreground' };
    await this.api.json({ method: 'DELETE', path: `batch/v1/jobs/${this.name}`, query }).catch(notFound);
    const { graceMs = DEFAULT_GRACE_MS } = this.run.tool.definition;
    for (const deadline = Date.now() + graceMs + PATIENCE_MS; Date.now() < deadline; await sleep(LOOK_EVERY_MS)) {
      const pod = await this.pod();
      if (pod === null || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return;
    }
  }

  private async withoutPod(): Promise<ToolOutcome> {
    const { status } = await this.api.json<{ status?: { conditions?: { message?: string }[] } }>({
      method: 'GET',
      path: `batch/v1/jobs/${this.name}`,
    });
    const reason = status?.conditions?.map(({ message }) => message).join('; ') || 'see kubectl describe job';
    const message = `the cluster made no pod for ${this.name} within ${POD_PATIENCE_MS / 1000} s: ${reason}`;
    return { status: 'failed', class: 'transient', code: 'TOOL_NOT_STARTED', message };
  }

  /** The job's pod, or null. */
  private async pod(): Promise<Pod | null> {
    const query = { labelSelector: `batch.kubernetes.io/job-name=${this.name}` };
    for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(LOOK_EVERY_MS)) {
      try {
        const { items } = await this.api.json<{ items: Pod[] }>({ method: 'GET', path: 'v1/pods', query });
        return items[0] ?? null;
      } catch (error) {
        if (!(error instanceof KubernetesError) || !error.isPassing || Date.now() > deadline) throw error;
      }
    }
  }
}

function lost(reason: string): ToolOutcome {
  const message = `the cluster took the tool's machine away: ${reason}`;
  return { status: 'failed', class: 'preempted', code: 'TOOL_PREEMPTED', message };
}

function notFound(error: unknown): void {
  if (!(error instanceof KubernetesError) || error.status !== 404) throw error;
}

/** Until the next look, or until the tool shall end. */
const pause = (signal: AbortSignal): Promise<void> =>
  sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
