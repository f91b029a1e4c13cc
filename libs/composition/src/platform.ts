import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ContainerRunner } from '@sedge/adapter-container';
import { DirectoryStore } from '@sedge/adapter-directory';
import { HttpToolRunner } from '@sedge/adapter-http-tool';
import { KubernetesRunner, serviceAccount } from '@sedge/adapter-kubernetes';
import { MemoryBus } from '@sedge/adapter-memory-bus';
import { NatsBus } from '@sedge/adapter-nats';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { PostgresDatabase } from '@sedge/adapter-postgres';
import { ProcessRunner, runToolCommand } from '@sedge/adapter-process';
import { S3Store } from '@sedge/adapter-s3';
import type { ArtifactStore, Database, DeadLetters, EventBus, ToolRunner } from '@sedge/ports';
import { ProcessMetrics, describeMachine, type Access, type Host, type Tracing } from '@sedge/service-kit';
import { TableDeadLetters } from './dead-letters.js';
import { MeteredStore } from './metered-store.js';
import { openTracing } from './open-tracing.js';
import { authorizationOf, openAccess } from './open-access.js';
import type { Settings } from './settings.js';
import { waitForLock } from './system-lock.js';

/** How long back ends may take to answer at the start: they may be starting too. */
const PATIENCE_MS = 60_000;

/** The ports with the adapters that the settings choose: the only place that knows both. */
export interface Platform {
  database: Database;
  bus: EventBus;
  deadLetters: DeadLetters;
  store: ArtifactStore;
  runners: ToolRunner[];
  host: Host;
  access: Access;
  metrics: ProcessMetrics;
  tracing: Tracing;
}

/** The bus with what it could not deliver. */
type Events = Pick<Platform, 'bus' | 'deadLetters'>;

/** Who is told of what happens below the ports. */
export interface PlatformListeners {
  /** something that someone should know */
  onTrouble: (message: string) => void;
  /** the embedded database has ended by itself */
  onStopped: (error: Error) => void;
}

/** Binds each port to an adapter. The data directory is locked before. */
export async function openPlatform(settings: Settings, { onTrouble, onStopped }: PlatformListeners): Promise<Platform> {
  const access = await openAccess(settings.access);
  // A token that can't be read is told now, not at the first request to another service.
  authorizationOf(settings.access)();
  const { containers } = settings;
  const host = hostOf(settings);
  const database = await openDatabase(settings, host, onStopped);
  const [store, events] = await Promise.all([openStore(settings), openEvents(settings, { database, host, onTrouble })]);
  const runners = [
    new ProcessRunner({ environmentsDirectory: settings.environmentsDirectory, waitForLock }),
    containers.kind === 'kubernetes'
      ? new KubernetesRunner(serviceAccount(), containers.place)
      : new ContainerRunner(runToolCommand),
    new HttpToolRunner(),
  ];
  const metrics = metricsOf(events, onTrouble);
  const tracing = await openTracing(process.env, onTrouble);
  return { database, ...events, store: new MeteredStore(store, metrics), runners, host, access, metrics, tracing };
}

async function openDatabase(
  { state, dataDirectory, cacheDirectory, caFile }: Settings,
  host: Host,
  onStopped: (error: Error) => void,
): Promise<Database> {
  if (state.kind === 'postgres') {
    const { url, poolSize } = state;
    return PostgresDatabase.open({ url, poolSize, caFile, applicationName: host.worker, patienceMs: PATIENCE_MS });
  }
  return PgliteDatabase.open({
    dataDirectory: join(dataDirectory, 'database'),
    templateDirectory: cacheDirectory,
    onStopped,
  });
}

async function openEvents(
  { events, caFile }: Settings,
  { database, host, onTrouble }: { database: Database; host: Host; onTrouble: (message: string) => void },
): Promise<Events> {
  if (events.kind === 'nats') {
    const bus = await NatsBus.open({ url: events.url, caFile, name: host.worker, patienceMs: PATIENCE_MS, onTrouble });
    return { bus, deadLetters: bus.deadLetters };
  }
  const deadLetters: TableDeadLetters = await TableDeadLetters.open(database, (subject, event) =>
    bus.publish(subject, event),
  );
  const bus = new MemoryBus({ keepDeadLetter: (letter) => deadLetters.keep(letter) });
  return { bus, deadLetters };
}

/** With the figures of the bus, which no service has for itself. */
function metricsOf({ bus, deadLetters }: Events, onFailure: (message: string) => void): ProcessMetrics {
  const metrics = new ProcessMetrics({ onFailure });
  metrics.add('the bus', async (set) => {
    for (const [consumer, count] of await bus.pending()) set('sedge_consumer_pending', { consumer }, count);
  });
  metrics.add('dead letters', async (set) => set('sedge_dead_letters', {}, await deadLetters.count()));
  return metrics;
}

async function openStore({ artifacts, dataDirectory, caFile }: Settings): Promise<ArtifactStore> {
  if (artifacts.kind === 'directory') return new DirectoryStore(join(dataDirectory, 'artifacts'));
  const store = new S3Store({ ...artifacts, caFile, spoolDirectory: join(dataDirectory, 'spool') });
  await store.prepare(PATIENCE_MS);
  return store;
}

function hostOf({
  dataDirectory,
  toolDirectories,
  border,
  cores,
  memoryMb,
  leaseS,
  url,
  serviceUrl,
  state,
  access,
}: Settings): Host {
  return {
    dataDirectory,
    toolDirectories,
    border,
    worker: `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`,
    // Whoever has a database of its own is alone with it.
    isAlone: state.kind === 'pglite',
    leaseS,
    machine: describeMachine({ cores, memoryMb }),
    url,
    teams: access.teams,
    authorization: authorizationOf(access),
    serviceUrl,
  };
}
