import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../command.js';
import { ArtifactSamples } from './artifact-samples.js';
import { Bench, type NamedTool } from './bench.js';
import type { WrittenCase } from './case-file.js';
import { conformWorker } from './conform-worker.js';
import { GoldenCases } from './golden-cases.js';
import type { KindSchemas } from './kind-schemas.js';
import { KillableBuiltinRunner } from './killable-builtin.runner.js';
import { TOOL_CHECKS } from './tool-checks.js';
import { playChecks, type Verdict } from './verdict.js';
import { Workbench, type GoldenCase } from './workbench.js';

export interface ConformRequest {
  tool: NamedTool;
  cases: WrittenCase[];
  kinds: KindSchemas;
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
export async function conformNamed(context: CommandContext, request: ConformRequest): Promise<ConformResult> {
  const isExternal = 'folder' in request.tool && request.tool.definition.runtime.kind === 'external';
  return isExternal ? conformWorker(context, request) : conformTool(context, request);
}

/** Plays all checks at a tool that a stage runs by itself. */
async function conformTool(context: CommandContext, request: ConformRequest): Promise<ConformResult> {
  const { isVerbose, dataDirectory, signal } = context;
  const environmentsDirectory = join(dataDirectory, 'environments');
  const bench = await Bench.open({ tool: request.tool, environmentsDirectory, isVerbose });
  try {
    const { tool, store, host, folder } = bench;
    const { definition, digest } = tool.registered;
    const samples = new ArtifactSamples(store);
    const root = join(folder, 'play');
    await mkdir(root);
    const around = { definition, samples, kinds: request.kinds, folder, api: () => context.api(), signal };
    const cases: GoldenCase[] = [];
    for (const written of request.cases) cases.push(await new GoldenCases(around).make(written));
    const runner = tool.runner!;
    const killableRunner = runner.runtime === 'builtin' ? new KillableBuiltinRunner(tool.place) : runner;
    const { kinds, limitMs } = request;
    const parts = { tool, runner, killableRunner, store, samples, kinds, host, root, limitMs };
    const isHopeless = (name: string): boolean => name === 'golden' || name === 'outputs';
    const verdicts = await playChecks(
      TOOL_CHECKS.filter(({ name }) => request.isWanted(name)),
      new Workbench(parts, cases),
      {
        isHopeless,
        signal,
        tell: request.tell,
      },
    );
    return { tool: `${definition.name}@${definition.version}`, digest, verdicts };
  } finally {
    await bench.close();
  }
}
