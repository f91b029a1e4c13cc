export { describeDatabase } from './database.contract.js';
export {
  describeArtifactStore,
  sampleBytes,
  type ArtifactStoreHarness,
  type StoreFault,
} from './artifact-store.contract.js';
