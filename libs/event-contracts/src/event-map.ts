import { ArtifactStoredData } from './events/artifact-stored.event.js';
import { JobCancelRequestedData } from './events/job-cancel-requested.event.js';
import { JobCancelledData } from './events/job-cancelled.event.js';
import { JobFailedData } from './events/job-failed.event.js';
import { JobProgressData } from './events/job-progress.event.js';
import { JobQueuedData } from './events/job-queued.event.js';
import { JobRequestedData } from './events/job-requested.event.js';
import { JobStartedData } from './events/job-started.event.js';
import { JobSucceededData } from './events/job-succeeded.event.js';
import { ToolRegisteredData } from './events/tool-registered.event.js';
import { ToolRemovedData } from './events/tool-removed.event.js';

/** Every event type with the class of its data: the one list of what services say to each other. */
export const EVENT_CLASSES = {
  'sedge.job.requested.v1': JobRequestedData,
  'sedge.job.queued.v1': JobQueuedData,
  'sedge.job.started.v1': JobStartedData,
  'sedge.job.progress.v1': JobProgressData,
  'sedge.job.succeeded.v1': JobSucceededData,
  'sedge.job.failed.v1': JobFailedData,
  'sedge.job.cancelled.v1': JobCancelledData,
  'sedge.job.cancel-requested.v1': JobCancelRequestedData,
  'sedge.artifact.stored.v1': ArtifactStoredData,
  'sedge.tool.registered.v1': ToolRegisteredData,
  'sedge.tool.removed.v1': ToolRemovedData,
} as const;

export type EventType = keyof typeof EVENT_CLASSES;

/** The data of each event type. */
export type EventMap = { [Type in EventType]: InstanceType<(typeof EVENT_CLASSES)[Type]> };
