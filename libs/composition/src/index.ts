export { DataDirectoryBusyError, DataDirectoryUnusableError, lockDataDirectory } from './data-directory-lock.js';
export { SettingsError, readSettings, type LogLevel, type Settings } from './settings.js';
export { PortBusyError, runService, startProcess, type ProcessOptions, type RunningProcess } from './start-process.js';
