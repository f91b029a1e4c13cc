import { runService } from '@sedge/composition';
import { BenchmarkModule } from './benchmark.module.js';

await runService({ module: BenchmarkModule });
