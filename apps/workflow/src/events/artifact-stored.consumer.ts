import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WORKFLOW_CONSUMERS, type ArtifactStoredData } from '@sedge/event-contracts';
import { EventSubscriber } from '@sedge/service-kit';
import { ArtifactIndex } from '../state/artifact-index.service.js';

/** Brings artifacts that any stage stores into the index. */
@Injectable()
export class ArtifactStoredConsumer implements OnModuleInit {
  constructor(
    private readonly events: EventSubscriber,
    private readonly index: ArtifactIndex,
  ) {}

  onModuleInit(): Promise<void> {
    return this.events.subscribe(
      { consumer: WORKFLOW_CONSUMERS.artifacts, subjects: ['sedge.artifact.stored.>'], concurrency: 1 },
      { 'sedge.artifact.stored.v1': (event, tx) => this.index.add(tx, event.data) },
      (event) => this.index.stored(event.data as ArtifactStoredData),
    );
  }
}
