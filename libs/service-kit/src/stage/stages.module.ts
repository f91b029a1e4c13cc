import { Global, Module } from '@nestjs/common';
import { Teams } from '../access/teams.service.js';
import { HOST, type Host } from '../host.js';
import { CAPACITY, Capacity } from '../jobs/capacity.js';
import { ExternalWorkers } from '../jobs/external-workers.service.js';
import { JobLogs } from '../jobs/job-logs.service.js';
import { JobsController } from './jobs.controller.js';
import { StageDirectory } from './stage-directory.js';
import { StageToolsController } from './stage-tools.controller.js';
import { ToolFolders } from './tool-folders.service.js';

/** What the stages of a process share: the machine, its capacity, and the endpoints. */
@Global()
@Module({
  controllers: [JobsController, StageToolsController],
  providers: [
    StageDirectory,
    ExternalWorkers,
    JobLogs,
    ToolFolders,
    Teams,
    { provide: CAPACITY, inject: [HOST], useFactory: (host: Host) => new Capacity(host.machine) },
  ],
  exports: [StageDirectory, CAPACITY],
})
export class StagesModule {}
