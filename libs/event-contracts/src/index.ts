export type { ArtifactStoredData } from './artifact-data.js';
export { createCloudEvent, type CloudEvent, type EventInput } from './cloud-event.js';
export type { EventMap, EventType } from './event-map.js';
export type {
  JobCancelRequestedData,
  JobCancelledData,
  JobFailedData,
  JobProgressData,
  JobRequestedData,
  JobStartedData,
  JobSucceededData,
  ToolReference,
} from './job-data.js';
export { matchesSubject, subjectOf } from './subjects.js';
export type { ToolRegisteredData, ToolRemovedData } from './tool-data.js';
