export { mistakeOfPaths } from './artifact-paths.js';
export { jobInside } from './job-inside.js';
export { jobIdOf, type JobSpecification } from './job-key.js';
export { commandLeftBehind, leftBehindMessage } from './left-behind.js';
export { LineSplitter } from './line-splitter.js';
export { passingShortage } from './passing-shortage.js';
export { failureOf, type EndingFailure, type ProgramEnding } from './program-ending.js';
export {
  EXIT_CODES,
  METADATA_FILE,
  parseToolLine,
  type FailureClass,
  type JobFile,
  type JobInput,
  type ToolLine,
} from './protocol.js';
export type {
  EnvironmentLock,
  JsonSchemaObject,
  RegisteredTool,
  Reproducibility,
  ToolDefinition,
  ToolPort,
  ToolRuntime,
} from './tool-definition.js';
export { ToolError, type BuiltinTool, type InputBorder, type InputHosts, type ToolContext } from './builtin-tool.js';
export { nearestName, suggestName } from './nearest-name.js';
export { schemaValidator } from './schema-validator.js';
