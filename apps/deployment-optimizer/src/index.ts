export { DeploymentOptimizerModule } from './deployment-optimizer.module.js';
