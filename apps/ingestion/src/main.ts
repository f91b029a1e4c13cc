import { runService } from '@sedge/composition';
import { IngestionModule } from './ingestion.module.js';

await runService({ module: IngestionModule });
