import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ContainerRunner } from '@sedge/adapter-container';
import { DirectoryStore } from '@sedge/adapter-directory';
import { HttpToolRunner } from '@sedge/adapter-http-tool';
import { MemoryBus } from '@sedge/adapter-memory-bus';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { ProcessRunner, runToolCommand } from '@sedge/adapter-process';
import type { ArtifactStore, Database, EventBus, ToolRunner } from '@sedge/ports';
import { describeMachine, type Host } from '@sedge/service-kit';
import { openDeadLetters } from './dead-letters.js';
import type { Settings } from './settings.js';
import { waitForLock } from './system-lock.js';

/** The machine must be mended before the next start; the commands' own code for it. */
const EXIT_ENVIRONMENT = 5;

/** The ports with the adapters that the settings choose: the only place that knows both. */
export interface Platform {
  database: Database;
  bus: EventBus;
  store: ArtifactStore;
  runners: ToolRunner[];
  host: Host;
}

/** Binds each port to an adapter. The data directory is locked before. */
export async function openPlatform(settings: Settings): Promise<Platform> {
  const { dataDirectory, cacheDirectory, environmentsDirectory } = settings;
  const database = await PgliteDatabase.open({
    dataDirectory: join(dataDirectory, 'database'),
    templateDirectory: cacheDirectory,
    onStopped: endProcess,
  });
  const bus = new MemoryBus({ keepDeadLetter: await openDeadLetters(database) });
  const store = new DirectoryStore(join(dataDirectory, 'artifacts'));
  const runners = [
    new ProcessRunner({ environmentsDirectory, waitForLock }),
    new ContainerRunner(runToolCommand),
    new HttpToolRunner(),
  ];
  return { database, bus, store, runners, host: hostOf(settings) };
}

/** Without its database a process can do nothing but end; what was committed is there at the next start. */
function endProcess(error: Error): void {
  const { message, code, mend } = error as Error & { code?: string; mend?: string };
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: 'error', code, message, mend })}\n`);
  process.exit(EXIT_ENVIRONMENT);
}

function hostOf({ dataDirectory, toolDirectories, cores, memoryMb, url }: Settings): Host {
  return {
    dataDirectory,
    toolDirectories,
    worker: `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    isAlone: true,
    machine: describeMachine({ cores, memoryMb }),
    url,
  };
}
