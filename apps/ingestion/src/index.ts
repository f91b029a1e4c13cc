export { IngestionModule } from './ingestion.module.js';
export { emptySplitsOf, previewFolderSplits, type ClassSplits } from './tools/ingest/split-preview.js';
