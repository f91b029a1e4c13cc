export { CONTRACT_DELAYS_MS, describeEventBus, type EventBusHarness } from './event-bus.contract.js';
export { describeDatabase } from './database.contract.js';
export {
  describeArtifactStore,
  sampleBytes,
  type ArtifactStoreHarness,
  type StoreFault,
} from './artifact-store.contract.js';
export {
  describeContainerRunner,
  type ContainerResult,
  type ContainerRunnerHarness,
} from './container-runner.contract.js';
