import { runService } from '@sedge/composition';
import { NasModule } from './nas.module.js';

await runService({ module: NasModule });
