export {
  applicationFiles,
  compileApplication,
  type Application,
  type ApplicationDescription,
  type ApplicationFootprint,
  type ApplicationModule,
  type ApplicationValue,
} from './application.js';
export { decodeWav, mfcc, mfccShape, resample, type MfccParameters, type MfccShape, type Recording } from './audio.js';
export { exploreNetwork, type Exploration, type ExploreOptions, type ExploredProgram } from './exploration.js';
export { LneError, type Problem } from './errors.js';
export { cpuInfo, libraryDigest, lockFile, type CpuInfo, type FileLock } from './machine.js';
export {
  importNetwork,
  nativeTarget,
  operators,
  type Footprint,
  type GenerateOptions,
  type ImportOptions,
  type LibraryPlugin,
  type Network,
  type Operator,
  type Port,
} from './network.js';
