export { ApplicationRun, type ApplicationResult } from './application-run.js';
export { elementsOf, type Engine, type EnginePort, type OpenEngine, type OpenOptions } from './engine.js';
export { EngineError, type EngineErrorCode } from './engine-error.js';
export { onnxRuntimeName, ONE_THREAD } from './onnx-runtime.js';
export { ENGINE_NAMES, openEngine, type EngineName } from './open-engine.js';
