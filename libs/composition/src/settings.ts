import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min, validateSync } from 'class-validator';

type Environment = Record<string, string | undefined>;

/** The environment as it is given: text, checked before anything is made of it. */
class EnvironmentVariables {
  /** folder of everything that the process keeps; default: $XDG_DATA_HOME/sedge or ~/.local/share/sedge */
  @IsOptional() @IsString() SEDGE_HOME?: string;
  /** further folders of tools, separated by `:`; each has a subfolder per stage */
  @IsOptional() @IsString() SEDGE_TOOLS_DIR?: string;
  /** folder of the environments of process tools, which several data directories may share; default: in the data directory */
  @IsOptional() @IsString() SEDGE_ENVIRONMENTS_DIR?: string;
  /** address to listen on; only this machine's own until there are access tokens */
  @IsOptional()
  @IsIn(['127.0.0.1', '::1', 'localhost'], { message: 'SEDGE_HOST must be 127.0.0.1, ::1 or localhost' })
  SEDGE_HOST?: string;
  /** TCP port; 0 takes a free one; absent: none, only the socket of the data directory */
  @IsOptional() @IsInt() @Min(0) @Max(65535) SEDGE_PORT?: number;
  /** cores that jobs may use; default: all */
  @IsOptional() @IsInt() @Min(1) SEDGE_CORES?: number;
  /** memory that jobs may use, in MB; default: all */
  @IsOptional() @IsInt() @Min(64) SEDGE_MEMORY_MB?: number;
  @IsOptional() @IsIn(['error', 'warn', 'info', 'debug']) SEDGE_LOG_LEVEL?: LogLevel;
  /** how events travel */
  @IsOptional() @IsIn(['memory']) SEDGE_EVENTS?: 'memory';
  /** where state is kept */
  @IsOptional() @IsIn(['pglite']) SEDGE_STATE?: 'pglite';
  /** where artifacts are kept */
  @IsOptional() @IsIn(['directory']) SEDGE_ARTIFACTS?: 'directory';
  /** base address at which other services reach this process, e.g. http://training:7350 */
  @IsOptional() @Matches(/^https?:\/\/[^/]+$/) SEDGE_URL?: string;
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** The settings of a process: complete and checked. */
export interface Settings {
  dataDirectory: string;
  /** what can be had again at any time: templates, downloads */
  cacheDirectory: string;
  /** Python environments of process tools */
  environmentsDirectory: string;
  toolDirectories: string[];
  listen: { host: string; port: number } | null;
  cores: number | null;
  memoryMb: number | null;
  logLevel: LogLevel;
  url: string | null;
  events: 'memory';
  state: 'pglite';
  artifacts: 'directory';
}

/** Says which settings are wrong, all at once. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';
  readonly mend = 'correct the environment variables that are named, or unset them to get the defaults';
}

const NUMBERS = ['SEDGE_PORT', 'SEDGE_CORES', 'SEDGE_MEMORY_MB'];
const SHIPPED_TOOLS = resolve(import.meta.dirname, '..', '..', '..', 'tools');

/** Reads the settings of a process. @throws SettingsError that names every variable that is wrong */
export function readSettings(environment: Environment): Settings {
  const given = checked(environment);
  const dataDirectory = resolve(given.SEDGE_HOME ?? join(dataHome(environment), 'sedge'));
  return {
    dataDirectory,
    environmentsDirectory: resolve(given.SEDGE_ENVIRONMENTS_DIR ?? join(dataDirectory, 'environments')),
    cacheDirectory: join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sedge'),
    toolDirectories: [
      SHIPPED_TOOLS,
      ...(given.SEDGE_TOOLS_DIR ?? '')
        .split(delimiter)
        .filter((path) => path !== '')
        .map((path) => resolve(path)),
    ],
    listen: given.SEDGE_PORT === undefined ? null : { host: given.SEDGE_HOST ?? '127.0.0.1', port: given.SEDGE_PORT },
    cores: given.SEDGE_CORES ?? null,
    memoryMb: given.SEDGE_MEMORY_MB ?? null,
    logLevel: given.SEDGE_LOG_LEVEL ?? 'warn',
    url: given.SEDGE_URL ?? null,
    events: given.SEDGE_EVENTS ?? 'memory',
    state: given.SEDGE_STATE ?? 'pglite',
    artifacts: given.SEDGE_ARTIFACTS ?? 'directory',
  };
}

function dataHome(environment: Environment): string {
  return environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
}

function checked(environment: Environment): EnvironmentVariables {
  const entries = Object.entries(environment)
    .filter(([name, text]) => name.startsWith('SEDGE_') && text !== undefined && text !== '')
    .map(([name, text]) => [name, NUMBERS.includes(name) ? Number(text) : text]);
  const given = plainToInstance(EnvironmentVariables, Object.fromEntries(entries) as object);
  const sentences = validateSync(given).flatMap(({ constraints, value }) =>
    Object.values(constraints ?? {}).map((sentence) => `${sentence}, and is '${String(value)}'`),
  );
  if (sentences.length > 0) throw new SettingsError(sentences.join('; '));
  return given;
}
