export interface CommittedJob {
  job: string;
  /** numbers of all attempts, and of those that succeeded */
  attempts: number[];
  succeeded: number[];
  /** ids of artifacts */
  outputs: string[];
}

export interface ToldEvent {
  type: string;
  subject: string;
  data: { attempt?: number };
}

export declare function faultsOfAnnouncements(jobs: readonly CommittedJob[], events: readonly ToldEvent[]): string[];
