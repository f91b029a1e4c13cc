export { IngestionModule } from './ingestion.module.js';
export { emptySplitsOf, previewFolderSplits, type ClassSplits } from './tools/ingest/split-preview.js';
export { measureSource, type MeasuredSource } from './tools/acquire/measured-source.js';
