import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** Makes programs of models: plans, generates and builds them. */
@Module({
  imports: [StageModule.forRoot({ stage: 'deployment-optimizer', builtinTools: new URL('./tools/', import.meta.url) })],
})
export class DeploymentOptimizerModule {}
