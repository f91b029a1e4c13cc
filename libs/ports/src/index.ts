export {
  ARTIFACT_STORE,
  StoreError,
  type ArtifactStore,
  type BlobInfo,
  type ByteRange,
  type StoreErrorCode,
} from './artifact-store.port.js';
export { DEAD_LETTERS, type DeadLetters, type KeptLetter } from './dead-letters.port.js';
export { DATABASE, type Database, type ServiceSchema } from './database.port.js';
export {
  DeadLetterError,
  EVENT_BUS,
  EventTooLargeError,
  encodeEvent,
  type DeadLetter,
  type Delivery,
  type EventBus,
  type EventHandler,
  type SubscriptionOptions,
} from './event-bus.port.js';
export { LostBackEndError, backEndReason, isBackEndAway, type BackEnd } from './lost-back-end.js';
export {
  TOOL_RUNNERS,
  ToolUnavailableError,
  type RunToolCommand,
  type ToolCommand,
  type ToolOutcome,
  type ToolPreparation,
  type ToolRun,
  type ToolRunner,
} from './tool-runner.port.js';
export { isUntrustedServer } from './untrusted-server.js';
