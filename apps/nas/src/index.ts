export { NasModule } from './nas.module.js';
