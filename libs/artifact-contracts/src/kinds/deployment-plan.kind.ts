import { IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';

/** Which primitive, layout and type each layer gets on a target, and where each tensor lies. */
export class DeploymentPlanMetadata {
  @IsString() @IsNotEmpty() target!: string;
  @IsOptional() @IsInt() @Min(0) layers?: number;
  @IsOptional() @IsInt() @Min(0) arenaBytes?: number;
  @IsOptional() @IsInt() @Min(0) arenaLowerBoundBytes?: number;
  @IsOptional() @IsInt() @Min(0) weightsBytes?: number;
}

export const kind: ArtifactKind = {
  name: 'deployment-plan',
  version: 1,
  summary: 'How a network runs on a target: the primitive of each layer and the memory of each tensor.',
  metadata: DeploymentPlanMetadata,
  files: { required: ['plan.json'], optional: [], others: false },
};
