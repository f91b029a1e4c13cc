import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where a process keeps its data: `--data-dir`, else SEDGE_HOME, else `~/.local/share/sedge`. */
export function dataDirectoryOf(option: string | undefined): string {
  return resolve(option ?? process.env['SEDGE_HOME'] ?? join(homedir(), '.local', 'share', 'sedge'));
}

/** The unix socket by which commands find the running process of a data directory. */
export function socketPathOf(dataDirectory: string): string {
  return join(dataDirectory, 'sedge.sock');
}
