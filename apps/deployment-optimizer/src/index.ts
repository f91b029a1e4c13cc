export { DeploymentOptimizerModule } from './deployment-optimizer.module.js';
export { isBuiltOn } from './domain/target.js';
