export type { ArtifactKind, KindFiles, KindMistake } from './artifact-kind.js';
export { canonicalJson } from './canonical-json.js';
export { digestOfBytes, digestOfJson, isDigest, type Digest } from './digest.js';
export { contentSchemasOf, metadataSchemaOf, schemaOfClass, type RuleSchemas } from './kind-schema.js';
export { KINDS } from './kinds/index.gen.js';
export type { ApplicationMetadata } from './kinds/application.kind.js';
export type { ArchitectureMetadata } from './kinds/architecture.kind.js';
export type { DatasetAudioMetadata } from './kinds/dataset-audio.kind.js';
export type { DeploymentPlanMetadata } from './kinds/deployment-plan.kind.js';
export type { FeaturesMetadata } from './kinds/features.kind.js';
export type { ModelInput, ModelMetadata, ModelOutput } from './kinds/model.kind.js';
export type { Compiler, ProgramMetadata } from './kinds/program.kind.js';
export type { AccuracyReport, ClassAccuracy, Proportion } from './kinds/report-accuracy.kind.js';
export type {
  ClockSample,
  EngineLatency,
  IntervalFigure,
  LatencyReport,
  RatioOfEngines,
} from './kinds/report-latency.kind.js';
export type { StreamPoint, StreamReport } from './kinds/report-stream.kind.js';
export type { SourceMetadata } from './kinds/source.kind.js';
export {
  FILE_MEDIA_TYPE,
  MANIFEST_MEDIA_TYPE,
  ManifestError,
  artifactIdOf,
  artifactTypeOf,
  createManifest,
  filesOf,
  isSafeRelativePath,
  manifestText,
  parseArtifactType,
  parseManifest,
  type ArtifactFile,
  type Descriptor,
  type Manifest,
} from './manifest.js';
export { Nested, instanceOf } from './metadata-rules.js';
export type { Normalization, Preprocessing } from './preprocessing.js';
export type { ReportMetadata } from './report-metadata.js';
export { storableText, unstorableIn } from './storable-text.js';
export type { SplitCounts } from './split-counts.js';
export { validateForm } from './metadata-form.js';
export { findKind, isKindName, validateContent, validateFiles, validateMetadata } from './validate-kind.js';
