import { JobEventData } from '../job-event.js';

/** A job waits in its stage for whoever takes it. May be dropped: idle workers also look by themselves, only later. */
export class JobQueuedData extends JobEventData {}
