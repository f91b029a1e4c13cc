/** Heartbeats in the time of a lease: two may get lost. */
const BEATS_PER_LEASE = 3;

/** Milliseconds between the heartbeats by which a worker of ours extends its lease. */
export const beatMs = (leaseS: number): number => (leaseS * 1000) / BEATS_PER_LEASE;
