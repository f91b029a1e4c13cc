export { apiDocument } from './api-document.js';
export { DataDirectoryBusyError, DataDirectoryUnusableError, lockDataDirectory } from './data-directory-lock.js';
export { SettingsError, readSettings, type LogLevel, type Settings } from './settings.js';
export { runService } from './run-service.js';
export { PortBusyError, startProcess, type ProcessOptions, type RunningProcess } from './start-process.js';
export { AccessFolder, SigningKeyError } from './access-folder.js';
export { BrokerUsers, BrokerUsersError, prepareStreams } from './broker-users.js';
export { readSecret, writeSecretFile } from './secret-file.js';
export { takeSecrets } from './secrets.js';
