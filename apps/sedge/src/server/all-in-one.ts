import type { Type } from '@nestjs/common';
import { BenchmarkModule } from '@sedge/benchmark';
import type { RunningProcess } from '@sedge/composition';
import { DeploymentOptimizerModule } from '@sedge/deployment-optimizer';
import { IngestionModule } from '@sedge/ingestion';
import { TrainingModule } from '@sedge/training';
import { WorkflowModule } from '@sedge/workflow';
import { startServices, type ServicesOptions } from './start-services.js';

/** Every service that the one process holds. */
export const SERVICES: Type[] = [
  IngestionModule,
  TrainingModule,
  DeploymentOptimizerModule,
  BenchmarkModule,
  WorkflowModule,
];

/**
 * Starts all services in this process, on the embedded database, bus and store. Closed, it ends cleanly: work under way is handed back and
 * goes on at the next start.
 * @throws CommandError that says how to mend it
 */
export function startAllInOne(options: ServicesOptions): Promise<RunningProcess> {
  return startServices(SERVICES, options);
}
