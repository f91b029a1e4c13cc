import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '@sedge/artifact-contracts';
import type { ArtifactStore, EventBus, ToolOutcome, ToolRunner } from '@sedge/ports';
import {
  foldersOf,
  layOutJob,
  removeFolder,
  storeOutputs,
  workDirectoryOf,
  type Host,
  type JobFolders,
  type StageTool,
} from '@sedge/service-kit';
import { commandLeftBehind, jobIdOf, type JobFile, type ToolLine } from '@sedge/tool-contracts';
import type { ArtifactSamples } from './artifact-samples.js';
import { differenceOf } from './artifact-difference.js';
import { KillableBuiltinRunner } from './killable-builtin.runner.js';
import type { KindSchemas } from './kind-schemas.js';
import type { StartedProgram } from './started-program.js';
import { survivorsOf } from './survivors.js';

/** A job as the kit has it done: what goes in, and what should come out where that is known. */
export interface GoldenCase {
  name: string;
  parameters: Record<string, unknown>;
  inputs: Record<string, Digest | Digest[]>;
  /** artifact id by output */
  expected: Record<string, Digest>;
  /** whether its inputs were made by the kit from what the tool declares */
  isGenerated: boolean;
}

/** How an attempt went. */
export interface Attempt {
  outcome: ToolOutcome;
  /** artifact id by output; null where the attempt did not succeed, or what it left is no output */
  outputs: Record<string, Digest> | null;
  /** why what the tool left is no output */
  outputFault: string | null;
  lines: ToolLine[];
  durationMs: number;
  /** it was ended because it took too long */
  isHung: boolean;
  folders: JobFolders;
  file: JobFile;
}

export interface AttemptRequest {
  /** 1 where nothing else is said */
  number?: number;
  /** the place of an earlier attempt of the same job, whose scratch folder this one finds */
  place?: string;
  inputs?: Record<string, Digest | Digest[]>;
  /** changes the job file before the tool reads it */
  change?(file: JobFile): void;
}

/** An attempt under way. */
export interface RunningAttempt {
  place: string;
  /** resolves when the tool itself is at work, not only what loads it */
  begun: Promise<void>;
  /** resolves when the lines of the tool so far are as wanted */
  heard(isWanted: (lines: readonly ToolLine[]) => boolean): Promise<void>;
  ended: Promise<Attempt>;
  cancel(): void;
  /** ends the tool as a power cut would */
  kill(): Promise<void>;
}

export interface WorkbenchParts {
  tool: StageTool;
  runner: ToolRunner;
  /** runs the tool so that it can be killed: the same, but for tools that live in this process */
  killableRunner: ToolRunner;
  store: ArtifactStore;
  samples: ArtifactSamples;
  kinds: KindSchemas;
  host: Host;
  /** the stage that has the tool: how it hears of jobs, and its address */
  bus: EventBus;
  stageUrl: string;
  /** folder of the attempts */
  root: string;
  /** how long an attempt may take */
  limitMs: number;
  /** the server of an http tool, where the kit started it */
  server: StartedProgram | null;
  /** ends what is under way */
  signal: AbortSignal;
}

/** Runs a tool at its real runtime adapter as a stage does: the same folders, the same judgement of outputs, no queue. */
export class Workbench {
  private count = 0;
  /** what attempts left that they should not have: processes, changed inputs */
  readonly traces: string[] = [];
  /** the first case as it went at first; checks compare with it */
  golden: Attempt | null = null;

  constructor(
    readonly parts: WorkbenchParts,
    readonly cases: readonly GoldenCase[],
  ) {}

  get definition(): StageTool['registered']['definition'] {
    return this.parts.tool.registered.definition;
  }

  get graceMs(): number {
    return this.definition.graceMs ?? DEFAULT_GRACE_MS;
  }

  /** Whether the tool declares that equal work gives equal bytes on this machine. */
  get isRepeatable(): boolean {
    return this.definition.reproducibility.level !== 'none';
  }

  /** The case that checks disturb. */
  get main(): GoldenCase {
    return this.cases[0]!;
  }

  async run(golden: GoldenCase, request: AttemptRequest = {}): Promise<Attempt> {
    return (await this.begin(golden, request)).ended;
  }

  async begin(golden: GoldenCase, request: AttemptRequest = {}, isKillable = false): Promise<RunningAttempt> {
    const place = await this.layOut(golden, request);
    return this.start(place, isKillable ? this.parts.killableRunner : this.parts.runner);
  }

  /** Makes the folders and the job file of an attempt. */
  async layOut(golden: GoldenCase, request: AttemptRequest = {}): Promise<LaidOutAttempt> {
    const { tool, store, host, root } = this.parts;
    const { definition, digest, machine } = tool.registered;
    const place = request.place ?? join(root, String(++this.count));
    const inputs = request.inputs ?? golden.inputs;
    const { parameters } = golden;
    const id = jobIdOf({ tool: digest, parameters, inputs, machine });
    const job = { id, attempt: request.number ?? 1, parameters, inputs };
    const folders = foldersOf(place, definition.stage, job);
    const file = await layOutJob({ job, definition, folders, store, host });
    if (request.change) {
      request.change(file);
      await writeFile(join(folders.attempt, 'job.json'), JSON.stringify(file));
    }
    return { place, folders, file };
  }

  /** @returns the first difference from what the golden run gave, or null */
  differenceFromGolden({ outputs }: Attempt): Promise<string | null> {
    return this.differenceOfOutputs(outputs!);
  }

  differenceOfOutputs(outputs: Record<string, Digest>): Promise<string | null> {
    return differenceOf(this.parts.store, this.golden!.outputs!, outputs);
  }

  /** What takes far longer than the golden run is at an end that never comes. */
  private limitMs(): number {
    const { limitMs } = this.parts;
    if (this.golden === null) return limitMs;
    return Math.min(limitMs, Math.max(LEAST_LIMIT_MS, HUNG_AFTER_TIMES * this.golden.durationMs));
  }

  /** Whether an attempt left all its outputs, however it ended. */
  async isWhole({ file }: Attempt): Promise<boolean> {
    return (await this.take(file)).outputs !== null;
  }

  private start({ place, folders, file }: LaidOutAttempt, runner: ToolRunner): RunningAttempt {
    const { tool, signal } = this.parts;
    const controller = new AbortController();
    const interrupt = (): void => controller.abort();
    signal.addEventListener('abort', interrupt);
    const lines: ToolLine[] = [];
    const listeners: (() => void)[] = [];
    const heard = (isWanted: (lines: readonly ToolLine[]) => boolean): Promise<void> =>
      new Promise((resolve) => listeners.push(() => isWanted(lines) && resolve()));
    let isHung = false;
    const limit = setTimeout(() => {
      isHung = true;
      controller.abort();
    }, this.limitMs());
    const startedAt = performance.now();
    const running = runner.run({
      tool: tool.registered,
      folder: tool.folder,
      job: file,
      workDirectory: folders.attempt,
      signal: controller.signal,
      onLine: (line) => {
        lines.push(line);
        for (const listen of listeners) listen();
      },
    });
    const ended = running
      .finally(() => {
        clearTimeout(limit);
        signal.removeEventListener('abort', interrupt);
      })
      .then(async (outcome): Promise<Attempt> => {
        const durationMs = performance.now() - startedAt;
        signal.throwIfAborted();
        const result = outcome.status === 'succeeded' ? await this.take(file) : { outputs: null, outputFault: null };
        await this.lookForTraces(folders, file, lines);
        return { outcome, ...result, lines, durationMs, isHung, folders, file };
      });
    const kill = async (): Promise<void> => runner.recover?.(workDirectoryOf(place));
    const begun = runner instanceof KillableBuiltinRunner ? heard((all) => all.length > 0) : Promise.resolve();
    return { place, begun, heard, ended, cancel: () => controller.abort(), kill };
  }

  /** What lies in the folders of the outputs, as artifacts. */
  async take(file: JobFile): Promise<Pick<Attempt, 'outputs' | 'outputFault'>> {
    try {
      const stored = await storeOutputs(this.parts.store, this.definition, file.outputs);
      return { outputs: Object.fromEntries(stored.map(({ name, artifact }) => [name, artifact])), outputFault: null };
    } catch (error) {
      return { outputs: null, outputFault: (error as Error).message };
    }
  }

  private async lookForTraces(folders: JobFolders, { inputs }: JobFile, lines: readonly ToolLine[]): Promise<void> {
    // The runner ends those that it finds, and says so.
    const ended = lines.map((line) => (line.type === 'log' ? commandLeftBehind(line.message) : null));
    const processes = [...ended.filter((command) => command !== null), ...(await survivorsOf(folders.attempt))];
    if (processes.length > 0) this.traces.push(`processes were left at work: ${processes.join(', ')}`);
    for (const [name, given] of Object.entries(inputs)) {
      for (const { id, path } of [given].flat()) {
        const changed = await this.parts.samples.changedFile(id, path);
        if (changed === null) continue;
        this.traces.push(`${changed} of the input '${name}' was changed`);
        await this.parts.samples.restore(id);
      }
    }
  }

  /** Removes what an attempt that nobody asks about any more keeps on disk. */
  async forget(attempt: Attempt): Promise<void> {
    await removeFolder(attempt.folders.job);
  }
}

/** The folders of an attempt that has yet to begin. */
export interface LaidOutAttempt {
  place: string;
  folders: JobFolders;
  file: JobFile;
}

const DEFAULT_GRACE_MS = 5000;
const LEAST_LIMIT_MS = 30_000;
const HUNG_AFTER_TIMES = 20;
