export { ContainerRunner } from './container.runner.js';
