import type { GarbageRoot } from '../domain/garbage-plan.js';

/**
 * Names artifacts that must stay. Runs name the results of the last runs and what runs under way use or made; the gateway names released
 * applications. Pins and uploads under lease are known here. A root that is not in the index keeps its blobs, unless it was removed.
 */
export interface GarbageRoots {
  roots(): Promise<GarbageRoot[]>;
}

/** Injection token of all `GarbageRoots`, a list. */
export const GARBAGE_ROOTS = Symbol('GarbageRoots');
