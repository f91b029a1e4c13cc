import type { AccuracyReport, LatencyReport } from '@sedge/artifact-contracts';
import type { ToolDefinition } from '@sedge/tool-contracts';
import type { ItemView, RunView } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import { readJsonFile, type ArtifactDetail } from '../client/artifacts.js';
import { layOutArtifact } from '../program/artifact-folder.js';
import { crossBuildCommand } from '../program/cross-build.js';
import { layoutsDirectory } from '../program/layouts.js';
import { decisionOf } from './item-decision.js';

/** Something that a run made and that lies in a folder for use. */
export interface LaidOut {
  step: string;
  id: string;
  path: string;
}

export interface LaidOutApplication extends LaidOut {
  /** the commands that build it for its target; null where this machine's compiler does, as `sedge predict` asks it to */
  crossBuild: string | null;
}

export interface ReportOfRun<Content> {
  step: string;
  id: string;
  /** folder of the report, with its page `report.html` */
  path: string;
  report: Content;
}

/** What came of a run: what `sedge run --json` prints last, and what the summary is made from. */
export interface RunOutcome {
  run: string;
  workflow: string;
  state: RunView['state'];
  failure: RunView['failure'];
  durationMs: number | null;
  counts: Record<string, number>;
  /** of the items that ran a tool: how many ran for this run, were reused, shared with another run; those that never began are none of them */
  decisions: Record<string, number>;
  /** the last application that was made; null where the workflow makes none or did not get there */
  application: LaidOutApplication | null;
  /** the last program that was built */
  program: LaidOut | null;
  accuracy: ReportOfRun<AccuracyReport>[];
  latency: ReportOfRun<LatencyReport>[];
  failures: { item: string; code: string; message: string }[];
}

interface Output {
  step: string;
  id: string;
  kind: string;
}

/** Collects what came of a run, and lays its application and program out as folders. */
export async function outcomeOf(
  api: ApiClient,
  run: RunView,
  dataDirectory: string,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const outputs = await outputsWithKinds(api, run.items);
  const layOut = async (kind: string): Promise<LaidOut | null> => {
    const found = outputs.filter((output) => output.kind === kind).at(-1);
    if (!found) return null;
    return { ...pick(found), path: await layOutArtifact(api, found.id, layoutsDirectory(dataDirectory), signal) };
  };
  const reports = <Content>(kind: string): Promise<ReportOfRun<Content>[]> =>
    Promise.all(
      outputs
        .filter((output) => output.kind === kind)
        .map(async (output) => ({
          ...pick(output),
          path: await layOutArtifact(api, output.id, layoutsDirectory(dataDirectory), signal),
          report: await readJsonFile<Content>(api, output.id, 'report.json'),
        })),
    );
  return {
    run: run.id,
    workflow: run.workflow,
    state: run.state,
    failure: run.failure,
    durationMs: run.durationMs,
    counts: run.counts,
    decisions: countDecisions(run.items),
    application: await withCrossBuild(api, await layOut('application')),
    program: await layOut('program'),
    accuracy: await reports<AccuracyReport>('report.accuracy'),
    latency: await reports<LatencyReport>('report.latency'),
    failures: run.items
      .filter((item) => item.state === 'failed' && item.failure)
      .map((item) => ({ item: item.name, code: item.failure!.code, message: item.failure!.message })),
  };
}

async function withCrossBuild(api: ApiClient, application: LaidOut | null): Promise<LaidOutApplication | null> {
  if (application === null) return null;
  const { metadata } = await api.get<ArtifactDetail>(`/v1/artifacts/${application.id}`);
  const crossBuild = await crossBuildCommand(application.path, String(metadata?.['target'] ?? 'native'));
  return { ...application, crossBuild };
}

const pick = ({ step, id }: Output): { step: string; id: string } => ({ step, id });

/** What the succeeded items gave, with the kinds that their tools declare. */
async function outputsWithKinds(api: ApiClient, items: readonly ItemView[]): Promise<Output[]> {
  const { tools } = await api.get<{ tools: ToolDefinition[] }>('/v1/tools');
  const byName = new Map(tools.map((tool) => [`${tool.name}@${tool.version}`, tool]));
  return items.flatMap((item) =>
    Object.entries(item.outputs ?? {}).flatMap(([name, id]) => {
      const kind = byName.get(item.tool ?? '')?.outputs[name]?.kind;
      return kind === undefined ? [] : [{ step: item.name, id, kind }];
    }),
  );
}

function countDecisions(items: readonly ItemView[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const decision of items.map(decisionOf)) if (decision) counts[decision] = (counts[decision] ?? 0) + 1;
  return counts;
}
