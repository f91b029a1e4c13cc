import { runService } from '@sedge/composition';
import { DeploymentOptimizerModule } from './deployment-optimizer.module.js';

await runService({ module: DeploymentOptimizerModule });
