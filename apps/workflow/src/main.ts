import { runService } from '@sedge/composition';
import { WorkflowModule } from './workflow.module.js';

await runService({ module: WorkflowModule });
