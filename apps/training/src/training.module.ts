import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** Trains models. Its tools are processes: their folders lie under `tools/training`. */
@Module({ imports: [StageModule.forRoot({ stage: 'training', builtinTools: null })] })
export class TrainingModule {}
