import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { HOST, type Host } from '../host.js';
import { strayToolFolders, type StrayToolFolder } from '../tools/stray-tool-folders.js';
import { StageDirectory } from './stage-directory.js';

/** Tells of folders of tools that no stage reads. */
@Injectable()
export class ToolFolders implements OnApplicationBootstrap {
  private readonly logger = new Logger('tools');

  constructor(
    @Inject(HOST) private readonly host: Host,
    private readonly stages: StageDirectory,
  ) {}

  onApplicationBootstrap(): void {
    for (const { place, message, mend } of this.strays()) this.logger.warn(`${place}: ${message}; ${mend}`);
  }

  strays(): StrayToolFolder[] {
    // Only the all-in-one process has all stages.
    const stages = this.host.url === null ? this.stages.all().map(({ stage }) => stage) : null;
    return strayToolFolders(this.host.toolDirectories, stages);
  }
}
