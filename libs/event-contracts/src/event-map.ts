import type { ArtifactStoredData } from './artifact-data.js';
import type {
  JobCancelRequestedData,
  JobCancelledData,
  JobFailedData,
  JobProgressData,
  JobRequestedData,
  JobStartedData,
  JobSucceededData,
} from './job-data.js';
import type { ToolRegisteredData, ToolRemovedData } from './tool-data.js';

/** Every event type with its data: the one list of what services say to each other. */
export interface EventMap {
  'sedge.job.requested.v1': JobRequestedData;
  'sedge.job.started.v1': JobStartedData;
  'sedge.job.progress.v1': JobProgressData;
  'sedge.job.succeeded.v1': JobSucceededData;
  'sedge.job.failed.v1': JobFailedData;
  'sedge.job.cancelled.v1': JobCancelledData;
  'sedge.job.cancel-requested.v1': JobCancelRequestedData;
  'sedge.artifact.stored.v1': ArtifactStoredData;
  'sedge.tool.registered.v1': ToolRegisteredData;
  'sedge.tool.removed.v1': ToolRemovedData;
}

export type EventType = keyof EventMap;
