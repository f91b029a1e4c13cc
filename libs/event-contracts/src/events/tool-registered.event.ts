import type { RegisteredTool } from '@sedge/tool-contracts';
import { IsObject, IsOptional, IsString } from 'class-validator';

/** A stage says at its start, and whenever it changes, which tools it has. */
export class ToolRegisteredData {
  /** checked against the schema of tool definitions by whoever reads it */
  @IsObject() tool!: RegisteredTool;
  /** base address of the stage's HTTP API, or null in the all-in-one process */
  @IsOptional() @IsString() stageUrl!: string | null;
}
