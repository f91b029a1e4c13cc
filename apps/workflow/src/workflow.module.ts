import { Module } from '@nestjs/common';
import { ServiceModule } from '@sedge/service-kit';
import { RunEventStream } from './api/run-event-stream.js';
import { RunsController } from './api/runs.controller.js';
import { StageLogs } from './api/stage-logs.js';
import { StagesController } from './api/stages.controller.js';
import { ToolsController } from './api/tools.controller.js';
import { WorkflowsController } from './api/workflows.controller.js';
import { ArtifactsModule } from './artifacts.module.js';
import { AwaitedArtifactConsumer } from './events/awaited-artifact.consumer.js';
import { JobConsumer } from './events/job.consumer.js';
import { ToolConsumer } from './events/tool.consumer.js';
import { AwaitedArtifacts } from './state/awaited-artifacts.service.js';
import { ItemDecider } from './state/item-decider.service.js';
import { LostArtifacts } from './state/lost-artifacts.service.js';
import { JobReconciler } from './state/job-reconciler.service.js';
import { JobWaits } from './state/job-waits.service.js';
import { JobRepository } from './state/job.repository.js';
import { ArtifactTables1764000000100 } from './state/migrations/artifact-tables.migration.js';
import { AskedAttempts1764210000000 } from './state/migrations/asked-attempts.migration.js';
import { CompletedUploads1764200000000 } from './state/migrations/completed-uploads.migration.js';
import { ItemJobs1764108000000 } from './state/migrations/item-jobs.migration.js';
import { NewestRuns1764022500000 } from './state/migrations/newest-runs.migration.js';
import { RemovedTools1764300000000 } from './state/migrations/removed-tools.migration.js';
import { RetriedRuns1764162000000 } from './state/migrations/retried-runs.migration.js';
import { WorkflowTables1764000100000 } from './state/migrations/workflow-tables.migration.js';
import { RunCommands1764220000000 } from './state/migrations/run-commands.migration.js';
import { TracedRuns1764180000000 } from './state/migrations/traced-runs.migration.js';
import { UploadKeys1764240000000 } from './state/migrations/upload-keys.migration.js';
import { RemovedArtifacts1764250000000 } from './state/migrations/removed-artifacts.migration.js';
import { PlanEstimates } from './state/plan-estimates.service.js';
import { PlanRemoval } from './state/plan-removal.service.js';
import { Planner } from './state/planner.service.js';
import { ResultReader } from './state/result-reader.service.js';
import { RunCommands } from './state/run-commands.service.js';
import { RunEngine } from './state/run-engine.service.js';
import { RunFeed } from './state/run-feed.service.js';
import { RunGarbageRoots } from './state/run-garbage-roots.service.js';
import { RunLoader } from './state/run-loader.service.js';
import { RunMemory } from './state/run-memory.service.js';
import { RunMetrics } from './state/run-metrics.service.js';
import { RunQueries } from './state/run-queries.service.js';
import { RunRepository } from './state/run.repository.js';
import { RunStepper } from './state/run-stepper.service.js';
import { RunWriter } from './state/run-writer.service.js';
import { StageClient } from './state/stage-client.service.js';
import { StageSurvey } from './state/stage-survey.service.js';
import { RunTracing } from './state/run-tracing.service.js';
import { ToolRegistry } from './state/tool-registry.service.js';
import { ToolRepository } from './state/tool.repository.js';
import { WorkflowConfig } from './workflow.config.js';

/** Append only: what was released is never changed. */
const migrations = [
  ArtifactTables1764000000100,
  WorkflowTables1764000100000,
  NewestRuns1764022500000,
  ItemJobs1764108000000,
  RetriedRuns1764162000000,
  TracedRuns1764180000000,
  CompletedUploads1764200000000,
  AskedAttempts1764210000000,
  RunCommands1764220000000,
  UploadKeys1764240000000,
  RemovedArtifacts1764250000000,
  RemovedTools1764300000000,
];

const service = ServiceModule.forRoot({ name: 'workflow', migrations });

/** Workflows, their runs, the tools that there are, and the index of artifacts. */
@Module({
  imports: [service, ArtifactsModule.forRoot({ service, garbageRoots: [RunGarbageRoots] })],
  controllers: [WorkflowsController, RunsController, ToolsController, StagesController],
  providers: [
    { provide: WorkflowConfig, useFactory: () => WorkflowConfig.fromEnvironment(process.env) },
    RunEventStream,
    StageClient,
    StageSurvey,
    StageLogs,
    ToolConsumer,
    JobConsumer,
    AwaitedArtifactConsumer,
    ToolRepository,
    ToolRegistry,
    JobRepository,
    RunRepository,
    RunFeed,
    RunLoader,
    RunMemory,
    ResultReader,
    AwaitedArtifacts,
    ItemDecider,
    RunTracing,
    RunWriter,
    RunStepper,
    RunEngine,
    LostArtifacts,
    JobReconciler,
    JobWaits,
    RunCommands,
    RunQueries,
    RunMetrics,
    PlanEstimates,
    PlanRemoval,
    Planner,
  ],
})
export class WorkflowModule {}
