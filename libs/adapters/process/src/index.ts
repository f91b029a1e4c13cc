export { ProcessRunner, type ProcessRunnerOptions } from './process.runner.js';
export { runToolCommand } from './run-tool-command.js';
