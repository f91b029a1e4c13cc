import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** Searches for network architectures. */
@Module({ imports: [StageModule.forRoot({ stage: 'nas', builtinTools: null })] })
export class NasModule {}
