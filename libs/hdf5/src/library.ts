import h5wasm from 'h5wasm/node';
import { Hdf5Error } from './error.js';

/** What the library sees as the present: the second 2000-01-01T00:00:00Z, so that files hold no trace of when they were made. */
const PINNED_MS = 946_684_800_000;

/** The HDF5 library, loaded once per process. Its failures become exceptions instead of pages on standard error. */
export async function loadLibrary(): Promise<typeof h5wasm> {
  const module = await h5wasm.ready;
  module.activate_throwing_error_handler();
  return h5wasm;
}

/**
 * Runs library calls with the clock stopped. The library writes the time into each object's header and has no switch for it; what runs here
 * is synchronous, so nobody else sees the stopped clock.
 */
export function withStoppedClock<Result>(path: string, place: string, calls: () => Result): Result {
  const now = Date.now;
  Date.now = () => PINNED_MS;
  try {
    return calls();
  } catch (error) {
    throw new Hdf5Error('HDF5_WRITE', `${path}: ${place}: ${firstReason(error)}`, { cause: error });
  } finally {
    Date.now = now;
  }
}

/** The library's innermost reason, out of its stack of messages. */
export function firstReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const frames = [...text.matchAll(/#\d+: .*?: (.*)$/gm)];
  return (frames.at(-1)?.[1] ?? text.split('\n')[0] ?? '').trim();
}
