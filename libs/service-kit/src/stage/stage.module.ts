import { Inject, Module, type DynamicModule, type OnModuleInit, type Type } from '@nestjs/common';
import { EndedTokens1764280000000 } from '../jobs/ended-tokens.migration.js';
import { JobAttempts } from '../jobs/job-attempts.service.js';
import { JobEventsConsumer } from '../jobs/job-events.consumer.js';
import { JobExecutor } from '../jobs/job-executor.service.js';
import { JobRequests } from '../jobs/job-requests.service.js';
import { JobTables1764000000001 } from '../jobs/job-tables.migration.js';
import { JobSurroundings } from '../jobs/job-surroundings.service.js';
import { JobWorkshop } from '../jobs/job-workshop.service.js';
import { JobRepository } from '../jobs/job.repository.js';
import { LeaseWatch } from '../jobs/lease-watch.service.js';
import { LongDurations1764290000000 } from '../jobs/long-durations.migration.js';
import { WorkerAddress1764160000000 } from '../jobs/worker-address.migration.js';
import { JobMetrics } from '../metrics/job-metrics.service.js';
import { namedModule } from '../named-module.js';
import { ServiceModule } from '../service.module.js';
import { ToolAnnouncer } from '../tools/tool-announcer.service.js';
import { ToolCatalog } from '../tools/tool-catalog.service.js';
import { ToolCopies1764190000000 } from '../tools/tool-copies.migration.js';
import { ToolCopies } from '../tools/tool-copies.service.js';
import { ToolOffers } from '../tools/tool-offers.service.js';
import { StageDirectory } from './stage-directory.js';
import { STAGE, type StageOptions } from './stage-options.js';
import { StagesModule } from './stages.module.js';

/** A stage: a service that has tools, and does jobs with them. */
@Module({})
export class StageModule implements OnModuleInit {
  constructor(
    @Inject(STAGE) private readonly stage: StageOptions,
    private readonly directory: StageDirectory,
    private readonly tools: ToolAnnouncer,
    private readonly jobs: JobRepository,
    private readonly attempts: JobAttempts,
  ) {}

  static forRoot(options: StageOptions): DynamicModule {
    const service = ServiceModule.forRoot({
      name: options.stage,
      entities: options.entities ?? [],
      migrations: [
        JobTables1764000000001,
        WorkerAddress1764160000000,
        ToolCopies1764190000000,
        EndedTokens1764280000000,
        LongDurations1764290000000,
        ...(options.migrations ?? []),
      ],
    });
    return {
      module: namedModule(StageModule, options.stage) as Type<StageModule>,
      imports: [service, StagesModule],
      providers: [
        { provide: STAGE, useValue: options },
        ToolCopies,
        ToolCatalog,
        ToolOffers,
        ToolAnnouncer,
        JobRepository,
        JobRequests,
        JobAttempts,
        JobSurroundings,
        JobWorkshop,
        JobExecutor,
        LeaseWatch,
        JobEventsConsumer,
        JobMetrics,
      ],
      exports: [service],
    };
  }

  onModuleInit(): void {
    const { tools, jobs, attempts } = this;
    this.directory.add({ stage: this.stage.stage, catalog: tools.catalog, tools, jobs, attempts });
  }
}
