import type { RegisteredTool } from '@sedge/tool-contracts';

/** A stage says at its start, and whenever it changes, which tools it has. */
export interface ToolRegisteredData {
  tool: RegisteredTool;
  /** base address of the stage's HTTP API, or null in the all-in-one process */
  stageUrl: string | null;
}

/** A tool is gone: its folder was removed or its server no longer answers at start. */
export interface ToolRemovedData {
  name: string;
  version: string;
  stage: string;
}
