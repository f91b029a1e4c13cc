import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** Measures models and programs: accuracy, latency, memory, and streams. */
@Module({ imports: [StageModule.forRoot({ stage: 'benchmark', builtinTools: new URL('./tools/', import.meta.url) })] })
export class BenchmarkModule {}
