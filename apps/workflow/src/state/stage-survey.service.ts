import { Injectable } from '@nestjs/common';
import type { RefusedTool } from '@sedge/service-kit';
import { text } from 'node:stream/consumers';
import { StageClient } from './stage-client.service.js';
import { ToolRegistry } from './tool-registry.service.js';

/** A stage that has registered tools. */
export interface KnownStage {
  name: string;
  /** base address of its HTTP API; null where it is in this process */
  url: string | null;
  /** why it could not be asked; null where it answered */
  unreachable: string | null;
}

/** A tool that a stage has found and can't offer, with the reason. */
export type RefusedByStage = RefusedTool & { stage: string };

export interface Survey {
  stages: KnownStage[];
  refused: RefusedByStage[];
}

/** What stages say of themselves, beyond the tools that they have registered: only they know what they found and can't offer. */
@Injectable()
export class StageSurvey {
  constructor(
    private readonly tools: ToolRegistry,
    private readonly client: StageClient,
  ) {}

  async look(): Promise<Survey> {
    const urls = new Map((await this.tools.all()).map(({ definition, stageUrl }) => [definition.stage, stageUrl]));
    // In the all-in-one process there are stages that have registered nothing, for want of a tool that can run.
    const addresses = new Set<string | null>(urls.size > 0 ? urls.values() : [null]);
    const answers = new Map(await Promise.all([...addresses].map(async (url) => [url, await this.ask(url)] as const)));
    const stages = [...urls].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      stages: stages.map(([name, url]) => ({ name, url, unreachable: answers.get(url)!.unreachable })),
      refused: withoutDoubles([...answers.values()].flatMap(({ refused }) => refused)),
    };
  }

  private async ask(url: string | null): Promise<{ refused: RefusedByStage[]; unreachable: string | null }> {
    try {
      const answer = await this.client.getAt(url, '/v1/stages/tools');
      const body = await text(answer);
      // A stage of somebody else's need not have this; nor has this process where its stages are others.
      if (answer.statusCode === 404) return { refused: [], unreachable: null };
      if (answer.statusCode !== 200) throw new Error(`it answers ${answer.statusCode}`);
      return { refused: (JSON.parse(body) as { refused: RefusedByStage[] }).refused, unreachable: null };
    } catch (reason) {
      return { refused: [], unreachable: (reason as Error).message };
    }
  }
}

/** Folders that are no stage's are told of by every process that looks there. */
function withoutDoubles(refused: RefusedByStage[]): RefusedByStage[] {
  return [...new Map(refused.map((tool) => [`${tool.stage}/${tool.name} ${tool.place}`, tool])).values()];
}
