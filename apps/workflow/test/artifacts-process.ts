import { Global, Module, type DynamicModule, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DirectoryStore } from '@sedge/adapter-directory';
import { MemoryBus } from '@sedge/adapter-memory-bus';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { ARTIFACT_STORE, DATABASE, EVENT_BUS } from '@sedge/ports';
import {
  ErrorFilter,
  HOST,
  NO_TRACING,
  PROCESS_METRICS,
  ProcessMetrics,
  ServiceModule,
  TRACING,
  Transactions,
  requestValidation,
  type Host,
} from '@sedge/service-kit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactsModule } from '../src/artifacts.module.js';
import type { GarbageRoot } from '../src/domain/garbage-plan.js';
import type { GarbageRoots } from '../src/state/garbage-roots.js';
import { ArtifactTables1764000000100 } from '../src/state/migrations/artifact-tables.migration.js';
import { CompletedUploads1764200000000 } from '../src/state/migrations/completed-uploads.migration.js';
import { RemovedArtifacts1764250000000 } from '../src/state/migrations/removed-artifacts.migration.js';
import { UploadKeys1764240000000 } from '../src/state/migrations/upload-keys.migration.js';

/** A process with the artifact half of the service, a real database and a real directory. */
export interface ArtifactsProcess {
  url: string;
  store: DirectoryStore;
  app: INestApplication;
  transactions: Transactions;
  /** what stands for the runs */
  roots: GarbageRoot[];
  close(): Promise<void>;
}

/** Stands for the repository of runs, which names what they use. */
class PlantedRoots implements GarbageRoots {
  static readonly planted: GarbageRoot[] = [];
  roots(): Promise<GarbageRoot[]> {
    return Promise.resolve(PlantedRoots.planted);
  }
}

export async function startArtifactsProcess(): Promise<ArtifactsProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'sedge-artifacts-'));
  const store = new DirectoryStore(join(folder, 'store'));
  const database = await PgliteDatabase.open();
  const bus = new MemoryBus({ keepDeadLetter: async () => {} });
  const service = ServiceModule.forRoot({
    name: 'workflow',
    migrations: [
      ArtifactTables1764000000100,
      CompletedUploads1764200000000,
      UploadKeys1764240000000,
      RemovedArtifacts1764250000000,
    ],
  });
  const values = [
    { provide: EVENT_BUS, useValue: bus },
    { provide: DATABASE, useValue: database },
    { provide: ARTIFACT_STORE, useValue: store },
    { provide: HOST, useValue: { dataDirectory: folder } as Host },
    { provide: PROCESS_METRICS, useValue: new ProcessMetrics({ onFailure: () => undefined }) },
    { provide: TRACING, useValue: NO_TRACING },
  ];
  const root = moduleOf(values, [ArtifactsModule.forRoot({ service, garbageRoots: [PlantedRoots] })]);
  const app = await NestFactory.create(root, { logger: ['error'] });
  app.useGlobalPipes(requestValidation());
  app.useGlobalFilters(new ErrorFilter());
  await app.listen(0, '127.0.0.1');
  return {
    url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
    store,
    app,
    transactions: app.get(Transactions, { strict: false }),
    roots: PlantedRoots.planted,
    close: async () => {
      await app.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function moduleOf(values: { provide: symbol; useValue: unknown }[], imports: DynamicModule[]): Type<unknown> {
  class Ports {}
  Global()(Ports);
  Module({ providers: values, exports: values.map((value) => value.provide) })(Ports);
  class Root {}
  Module({ imports: [Ports, ...imports] })(Root);
  return Root;
}
