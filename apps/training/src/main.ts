import { runService } from '@sedge/composition';
import { TrainingModule } from './training.module.js';

await runService({ module: TrainingModule });
