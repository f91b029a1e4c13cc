import { Global, Module, type BeforeApplicationShutdown, type DynamicModule } from '@nestjs/common';
import { ARTIFACT_STORE, DATABASE, DEAD_LETTERS, EVENT_BUS, TOOL_RUNNERS, type EventBus } from '@sedge/ports';
import { ACCESS, AccessGuard, HOST, JsonBodies, PROCESS_METRICS, TRACING, Teams } from '@sedge/service-kit';
import { Inject } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { DeadLettersController } from './dead-letters.controller.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import type { Platform } from './platform.js';

/** Gives every service of the process the ports. */
@Global()
@Module({})
export class PlatformModule implements BeforeApplicationShutdown {
  constructor(@Inject(EVENT_BUS) private readonly bus: EventBus) {}

  static forRoot(platform: Platform): DynamicModule {
    const providers = [
      { provide: DATABASE, useValue: platform.database },
      { provide: EVENT_BUS, useValue: platform.bus },
      { provide: DEAD_LETTERS, useValue: platform.deadLetters },
      { provide: ARTIFACT_STORE, useValue: platform.store },
      { provide: TOOL_RUNNERS, useValue: platform.runners },
      { provide: HOST, useValue: platform.host },
      { provide: ACCESS, useValue: platform.access },
      { provide: PROCESS_METRICS, useValue: platform.metrics },
      { provide: TRACING, useValue: platform.tracing },
    ];
    return {
      module: PlatformModule,
      controllers: [HealthController, MetricsController, DeadLettersController],
      providers: [
        ...providers,
        Teams,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_INTERCEPTOR, useClass: JsonBodies },
      ],
      exports: [...providers.map(({ provide }) => provide), Teams],
    };
  }

  /** No event is handed out any more; handlers under way end while the database is still there. */
  beforeApplicationShutdown(): Promise<void> {
    return this.bus.close();
  }
}
