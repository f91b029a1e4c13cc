import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ArtifactFilesController } from './api/artifact-files.controller.js';
import { ArtifactKindsController } from './api/artifact-kinds.controller.js';
import { ArtifactLayoutsController } from './api/artifact-layouts.controller.js';
import { ArtifactsController } from './api/artifacts.controller.js';
import { GarbageController } from './api/garbage.controller.js';
import { UploadsController } from './api/uploads.controller.js';
import { ArtifactStoredConsumer } from './events/artifact-stored.consumer.js';
import { ArtifactIndex } from './state/artifact-index.service.js';
import { ArtifactKinds } from './state/artifact-kind.service.js';
import { ArtifactLineageRepository } from './state/artifact-lineage.repository.js';
import { ArtifactReader } from './state/artifact-reader.service.js';
import { ArtifactRemoval } from './state/artifact-removal.service.js';
import { ArtifactRepository } from './state/artifact.repository.js';
import { ArtifactWriter } from './state/artifact-writer.service.js';
import { GARBAGE_ROOTS, type GarbageRoots } from './state/garbage-roots.js';
import { GarbageCollection } from './state/garbage.service.js';
import { OciExport } from './state/oci-export.service.js';
import { OciImport } from './state/oci-import.service.js';
import { UploadFiles } from './state/upload-files.service.js';
import { UploadRepository } from './state/upload.repository.js';
import { UploadService } from './state/upload.service.js';

export interface ArtifactsOptions {
  /** the module that gives the service's schema: the same object that the service itself imports */
  service: DynamicModule;
  /** who else names artifacts that must stay; built with the service's providers */
  garbageRoots: Type<GarbageRoots>[];
}

/** The index of artifacts: what there is, where it came from, what must stay; and the way in and out of the store over HTTP. */
@Module({})
export class ArtifactsModule {
  static forRoot({ service, garbageRoots }: ArtifactsOptions): DynamicModule {
    return {
      module: ArtifactsModule,
      imports: [service],
      controllers: [
        ArtifactLayoutsController,
        ArtifactFilesController,
        ArtifactsController,
        ArtifactKindsController,
        UploadsController,
        GarbageController,
      ],
      providers: [
        ...garbageRoots,
        { provide: GARBAGE_ROOTS, inject: garbageRoots, useFactory: (...sources: GarbageRoots[]) => sources },
        ArtifactRepository,
        ArtifactLineageRepository,
        ArtifactReader,
        ArtifactIndex,
        ArtifactWriter,
        ArtifactKinds,
        ArtifactRemoval,
        ArtifactStoredConsumer,
        UploadRepository,
        UploadFiles,
        UploadService,
        GarbageCollection,
        OciExport,
        OciImport,
      ],
      exports: [ArtifactIndex, ArtifactKinds, ArtifactReader],
    };
  }
}
