import { Inject, Injectable } from '@nestjs/common';
import { ARTIFACT_STORE, EVENT_BUS, type ArtifactStore, type EventBus } from '@sedge/ports';
import { HOST, type Host } from '../host.js';
import { TRACING, type Tracing } from '../tracing/tracing.js';

/** What the work of attempts needs of the process that does it. */
@Injectable()
export class JobSurroundings {
  constructor(
    @Inject(HOST) readonly host: Host,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
    @Inject(EVENT_BUS) readonly bus: EventBus,
    @Inject(TRACING) readonly tracing: Tracing,
  ) {}
}
