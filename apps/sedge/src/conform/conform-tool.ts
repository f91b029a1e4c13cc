import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../command.js';
import { ArtifactSamples } from './artifact-samples.js';
import { Bench, type NamedTool } from './bench.js';
import type { WrittenCase } from './case-file.js';
import { conformWorker } from './conform-worker.js';
import { GoldenCases } from './golden-cases.js';
import type { KindSchemas } from './kind-schemas.js';
import { KillableBuiltinRunner } from './killable-builtin.runner.js';
import { startServer } from './http/start-server.js';
import type { StartedProgram } from './started-program.js';
import { checksFor } from './tool-checks.js';
import { playChecks, type Verdict } from './verdict.js';
import { Workbench, type GoldenCase } from './workbench.js';

/** What of a command a trial needs. */
export type Surroundings = Pick<CommandContext, 'isVerbose' | 'dataDirectory' | 'signal' | 'api'>;

export interface ConformRequest {
  tool: NamedTool;
  cases: WrittenCase[];
  kinds: KindSchemas;
  /** how long one attempt, or one job of a worker, may take */
  limitMs: number;
  /** whether a check is to be played */
  isWanted(check: string): boolean;
  /** the command of the worker of an external tool, or of the server of an http tool; null where it runs by itself */
  start: string | null;
  /** of jobs that a worker outside takes */
  leaseS: number;
  tell(verdict: Verdict): void;
}

export interface ConformResult {
  tool: string;
  digest: string;
  verdicts: Verdict[];
}

/** Plays the checks that belong to the runtime of the tool. */
export async function conformNamed(around: Surroundings, request: ConformRequest): Promise<ConformResult> {
  const isExternal = 'folder' in request.tool && request.tool.definition.runtime.kind === 'external';
  return isExternal ? conformWorker(around, request) : conformTool(around, request);
}

/** Plays all checks at a tool that a stage runs by itself. */
async function conformTool(around: Surroundings, request: ConformRequest): Promise<ConformResult> {
  return conformAt(await ToolPlace.open(around, request.tool, request.start), around, request);
}

/** Where a tool is tried. */
interface TrialPlace {
  readonly bench: Bench;
  play(around: Surroundings, request: ConformRequest): Promise<Verdict[]>;
  close(): Promise<void>;
}

/** Plays all checks at a place, and clears it. */
export async function conformAt(
  place: TrialPlace,
  around: Surroundings,
  request: ConformRequest,
): Promise<ConformResult> {
  try {
    const { definition, digest } = place.bench.tool.registered;
    const verdicts = await place.play(around, request);
    return { tool: `${definition.name}@${definition.version}`, digest, verdicts };
  } finally {
    await place.close();
  }
}

/** The place of a trial, in which checks may be played several times. */
export class ToolPlace {
  private constructor(
    readonly bench: Bench,
    private readonly server: StartedProgram | null,
  ) {}

  /** @param start the command of the server of an http tool; null where it runs by itself, and of other tools */
  static async open(
    { isVerbose, dataDirectory }: Surroundings,
    tool: NamedTool,
    start: string | null,
  ): Promise<ToolPlace> {
    const server = start === null ? null : await startServer(tool, start);
    try {
      const environmentsDirectory = join(dataDirectory, 'environments');
      return new ToolPlace(await Bench.open({ tool, environmentsDirectory, isVerbose }), server);
    } catch (error) {
      await server?.kill();
      throw error;
    }
  }

  async play(
    { signal, api }: Surroundings,
    { cases: written, kinds, limitMs, isWanted, tell }: Omit<ConformRequest, 'tool' | 'start' | 'leaseS'>,
  ): Promise<Verdict[]> {
    const { tool, store, host, folder, bus, url: stageUrl } = this.bench;
    const samples = new ArtifactSamples(store);
    const root = await mkdtemp(join(folder, 'play-'));
    const maker = new GoldenCases({ definition: tool.registered.definition, samples, kinds, folder, api, signal });
    const cases: GoldenCase[] = [];
    for (const one of written) cases.push(await maker.make(one));
    const { server } = this;
    const runner = tool.runner!;
    const killableRunner = runner.runtime === 'builtin' ? new KillableBuiltinRunner(tool.place) : runner;
    const bench = new Workbench(
      { tool, runner, killableRunner, store, samples, kinds, host, bus, stageUrl, root, limitMs, server, signal },
      cases,
    );
    const checks = checksFor(runner.runtime).filter(({ name }) => isWanted(name));
    return playChecks(checks, bench, { isHopeless: isFoundation, signal, tell });
  }

  async close(): Promise<void> {
    await this.bench.close();
    await this.server?.kill();
  }
}

/** Checks on which the others build. */
export const isFoundation = (check: string): boolean => check === 'golden' || check === 'outputs';
