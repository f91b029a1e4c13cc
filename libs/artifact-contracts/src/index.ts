export { canonicalJson } from './canonical-json.js';
export { digestOfBytes, digestOfJson, isDigest, type Digest } from './digest.js';
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
