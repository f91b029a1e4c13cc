import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ArtifactIndex } from '../state/artifact-index.service.js';
import { RunEngine } from '../state/run-engine.service.js';

/** Wakes the runs that await an artifact when one enters the index. */
@Injectable()
export class AwaitedArtifactConsumer implements OnModuleInit {
  constructor(
    private readonly artifacts: ArtifactIndex,
    private readonly engine: RunEngine,
  ) {}

  onModuleInit(): void {
    this.artifacts.onStored(() => this.engine.wakeAwaiting());
  }
}
