export { BenchmarkModule } from './benchmark.module.js';
