import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../command.js';
import { ArtifactSamples } from './artifact-samples.js';
import { Bench, type NamedTool } from './bench.js';
import type { WrittenCase } from './case-file.js';
import { GoldenCases } from './golden-cases.js';
import type { KindSchemas } from './kind-schemas.js';
import { TOOL_CHECKS } from './tool-checks.js';
import { playChecks, type Verdict } from './verdict.js';
import { Workbench, type GoldenCase } from './workbench.js';

export interface ConformRequest {
  tool: NamedTool;
  cases: WrittenCase[];
  kinds: KindSchemas;
  limitMs: number;
  tell(verdict: Verdict): void;
}

export interface ConformResult {
  tool: string;
  digest: string;
  verdicts: Verdict[];
}

/** Plays all checks at a tool that a stage runs by itself. */
export async function conformTool(context: CommandContext, request: ConformRequest): Promise<ConformResult> {
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
    const parts = { tool, runner, killableRunner: runner, store, samples, kinds: request.kinds, host, root, limitMs: request.limitMs };
    const isHopeless = (name: string): boolean => name === 'golden' || name === 'outputs';
    const verdicts = await playChecks(TOOL_CHECKS, new Workbench(parts, cases), { isHopeless, signal, tell: request.tell });
    return { tool: `${definition.name}@${definition.version}`, digest, verdicts };
  } finally {
    await bench.close();
  }
}
