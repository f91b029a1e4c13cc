import { Script, createContext } from 'node:vm';
import type h5wasm from 'h5wasm/node';
import { Hdf5Error } from './error.js';

/** What the library sees as the present: the second 2000-01-01T00:00:00Z, so that files hold no trace of when they were made. */
const PINNED_MS = 946_684_800_000;

/** Names of errors after which its memory can't be trusted: an abort or a wild address, and a stack that ran over. */
const FATAL = new Set(['RuntimeError', 'RangeError']);

/**
 * One copy of the HDF5 library, which serves one open file at a time. On some damaged files the library gives up for good (it calls `abort`);
 * with copies apart, no other file that is open suffers from that.
 */
export class Library {
  private static readonly idle: Library[] = [];
  private static count = 0;

  private isSound = true;

  private constructor(readonly h5wasm: H5wasm) {}

  /** An idle copy, or a new one, which takes about 5 MB and 0.15 s. */
  static async acquire(): Promise<Library> {
    return Library.idle.pop() ?? new Library(await Library.load());
  }

  /** Gives it back for other files, unless it gave up. */
  release(): void {
    if (this.isSound) Library.idle.push(this);
  }

  /**
   * Calls the library, with the clock stopped: it writes the time into each object's header and has no switch for that. What runs here is
   * synchronous, so nobody else sees the stopped clock.
   * @param patienceMs after this the calls are broken off, or never when it is null; on some damaged files the library never ends
   */
  call<Result>(calls: () => Result, patienceMs: number | null): Result {
    if (!this.isSound) throw new Hdf5Error('HDF5_DAMAGED', 'the library gave up on this file before');
    const now = Date.now;
    Date.now = () => PINNED_MS;
    try {
      return patienceMs === null ? calls() : callWithin(calls, patienceMs);
    } catch (error) {
      if (error instanceof Error && (FATAL.has(error.name) || hasTimedOut(error))) this.isSound = false;
      if (hasTimedOut(error)) throw new Error(`the library came to no end within ${patienceMs} ms`, { cause: error });
      throw error;
    } finally {
      Date.now = now;
    }
  }

  /** The module under another address is evaluated again, with memory of its own. */
  private static async load(): Promise<H5wasm> {
    const address = `${import.meta.resolve('h5wasm/node')}?copy=${Library.count++}`;
    const { default: copy } = (await import(/* @vite-ignore */ address)) as { default: H5wasm };
    const module = await copy.ready;
    // Its failures become exceptions instead of pages on standard error.
    module.activate_throwing_error_handler();
    return copy;
  }
}

type H5wasm = typeof h5wasm;

const watched = createContext({ calls: null as unknown });
const script = new Script('calls()');

/** Scripts are the only synchronous work that Node can break off. */
function callWithin<Result>(calls: () => Result, timeout: number): Result {
  watched['calls'] = calls;
  try {
    return script.runInContext(watched, { timeout }) as Result;
  } finally {
    watched['calls'] = null;
  }
}

const hasTimedOut = (error: unknown): boolean =>
  (error as { code?: unknown } | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/** The library's innermost reason, out of its stack of messages. */
export function firstReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const frames = [...text.matchAll(/#\d+: .*?: (.*)$/gm)];
  // A failed write names time, descriptor and address too; the system's own words are what counts.
  const system = /: ([^:\n]*): time = [\s\S]*?error message = '([^']*)'/.exec(text);
  if (system) return `${system[1]}: ${system[2]}`;
  return (frames.at(-1)?.[1] ?? text.split('\n')[0] ?? '').trim();
}
