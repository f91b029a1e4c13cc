// A stage with one tool, as a process of its own.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { runService } from '@sedge/composition';
import { StageModule } from '@sedge/service-kit';

const stage = StageModule.forRoot({ stage: 'scale', builtinTools: new URL('./tools/', import.meta.url) });

class ScaleModule {}
Module({ imports: [stage] })(ScaleModule);

await runService({ module: ScaleModule });
