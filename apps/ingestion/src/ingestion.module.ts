import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** Brings raw recordings in, and makes standardized data sets and features of them. */
@Module({ imports: [StageModule.forRoot({ stage: 'ingestion', builtinTools: new URL('./tools/', import.meta.url) })] })
export class IngestionModule {}
