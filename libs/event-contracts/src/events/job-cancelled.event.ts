import { AttemptEventData } from '../job-event.js';

/** A job was ended because the last run that waited for it left. */
export class JobCancelledData extends AttemptEventData {}
