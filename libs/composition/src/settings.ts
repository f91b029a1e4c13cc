import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { ClusterPlace } from '@sedge/adapter-kubernetes';
import type { InputBorder } from '@sedge/tool-contracts';
import { plainToInstance } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateIf,
  getMetadataStorage,
  validateSync,
} from 'class-validator';
import { closedPlaces, folderInClosedPlace } from './input-border.js';
import { readInputHosts } from './input-hosts.js';
import { readSecret } from './secret-file.js';
import { misspeltSettings } from './setting-names.js';
import { readTeams } from './teams-setting.js';

type Environment = Record<string, string | undefined>;

const isS3 = ({ SEDGE_ARTIFACTS }: { SEDGE_ARTIFACTS?: string }): boolean => SEDGE_ARTIFACTS === 's3';

/** The environment as it is given: text, checked before anything is made of it. */
class EnvironmentVariables {
  /** folder of everything that the process keeps; default: $XDG_DATA_HOME/sedge or ~/.local/share/sedge */
  @IsOptional() @IsString() SEDGE_HOME?: string;
  /** further folders of tools, separated by `:`; each has a subfolder per stage */
  @IsOptional() @IsString() SEDGE_TOOLS_DIR?: string;
  /** folders of this machine from which inputs are taken, separated by `:`; default: everywhere, or none where tokens are asked for */
  @IsOptional()
  @Matches(/^\/[^:]*(:\/[^:]*)*$/, {
    message: 'SEDGE_INPUT_FOLDERS must be absolute folders, separated by `:`, like /srv/recordings:/mnt/more',
  })
  SEDGE_INPUT_FOLDERS?: string;
  /** names and networks from which inputs are taken beside public addresses: HOST,*.DOMAIN,ADDRESS/BITS,…; `*`: from everywhere */
  @IsOptional() @IsString() SEDGE_INPUT_HOSTS?: string;
  /** folder of the environments of process tools, which several data directories may share; default: in the data directory */
  @IsOptional() @IsString() SEDGE_ENVIRONMENTS_DIR?: string;
  /** address to listen on; only this machine's own where no tokens are asked for */
  @IsOptional()
  @ValidateIf(({ SEDGE_ACCESS_KEYS }: EnvironmentVariables) => SEDGE_ACCESS_KEYS === undefined)
  @IsIn(['127.0.0.1', '::1', 'localhost'], {
    message: 'SEDGE_HOST must be 127.0.0.1, ::1 or localhost unless SEDGE_ACCESS_KEYS is set',
  })
  SEDGE_HOST?: string;
  /** TCP port; 0 takes a free one; absent: none, only the socket of the data directory */
  @IsOptional() @IsInt() @Min(0) @Max(65535) SEDGE_PORT?: number;
  /** cores that jobs may use; default: all */
  @IsOptional() @IsInt() @Min(1) SEDGE_CORES?: number;
  /** seconds that a worker may be silent before its job is given to another; default: 30 */
  @IsOptional() @IsInt() @Min(2) @Max(3600) SEDGE_LEASE_S?: number;
  /** memory that jobs may use, in MB; default: all */
  @IsOptional() @IsInt() @Min(64) SEDGE_MEMORY_MB?: number;
  @IsOptional() @IsIn(['error', 'warn', 'info', 'debug']) SEDGE_LOG_LEVEL?: LogLevel;
  /** what runs tools of the runtime `container`: podman or docker on this machine, or a Kubernetes cluster; default: engine */
  @IsOptional() @IsIn(['engine', 'kubernetes']) SEDGE_CONTAINERS?: Settings['containers']['kind'];
  /** NAME:/FOLDER, the claim of the volume in which SEDGE_HOME lies, and where it is mounted */
  @ValidateIf(({ SEDGE_CONTAINERS }: EnvironmentVariables) => SEDGE_CONTAINERS === 'kubernetes')
  @Matches(/^[a-z0-9][a-z0-9.-]*:\/./, { message: 'SEDGE_KUBERNETES_CLAIM must be like sedge-work:/var/lib/sedge' })
  SEDGE_KUBERNETES_CLAIM?: string;
  /** NAME/UID of the pod of this process; the jobs that it starts end with it */
  @IsOptional()
  @Matches(/^[a-z0-9][a-z0-9.-]*\/[0-9a-f-]{36}$/, { message: 'SEDGE_KUBERNETES_POD must be like NAME/UID' })
  SEDGE_KUBERNETES_POD?: string;
  /** the node on which this process runs, for tools whose result depends on the machine */
  @IsOptional() @IsString() SEDGE_KUBERNETES_NODE?: string;
  /** how events travel: within this process, or over NATS JetStream; default: memory */
  @IsOptional() @IsIn(['memory', 'nats']) SEDGE_EVENTS?: Settings['events']['kind'];
  /** nats://USER:PASSWORD@HOST:PORT, or tls:// */
  @ValidateIf(({ SEDGE_EVENTS }: EnvironmentVariables) => SEDGE_EVENTS === 'nats')
  @Matches(/^(nats|tls):\/\/[^/]+$/, { message: 'SEDGE_NATS_URL must be like nats://USER:PASSWORD@HOST:4222' })
  SEDGE_NATS_URL?: string;
  /** where state is kept: an embedded database, or a PostgreSQL server; default: pglite */
  @IsOptional() @IsIn(['pglite', 'postgres']) SEDGE_STATE?: Settings['state']['kind'];
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode=verify-full for TLS */
  @ValidateIf(({ SEDGE_STATE }: EnvironmentVariables) => SEDGE_STATE === 'postgres')
  @Matches(/^(?!.*sslmode=(?!(verify-full|disable)(&|$)))postgres(ql)?:\/\/[^/]+\/[^/]+$/, {
    message:
      'SEDGE_DATABASE_URL must be like postgres://USER:PASSWORD@HOST:5432/DATABASE, with ?sslmode=verify-full for TLS: other modes trust anybody',
  })
  SEDGE_DATABASE_URL?: string;
  /** connections to the database that a service may have at once; default: 8 */
  @IsOptional() @IsInt() @Min(2) @Max(500) SEDGE_DATABASE_POOL?: number;
  /** where artifacts are kept: a directory, or a bucket of an S3 server; default: directory */
  @IsOptional() @IsIn(['directory', 's3']) SEDGE_ARTIFACTS?: Settings['artifacts']['kind'];
  /** https://HOST:PORT/BUCKET */
  @ValidateIf(isS3)
  @Matches(/^https?:\/\/[^/]+\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
    message: 'SEDGE_S3_URL must be like https://HOST:PORT/BUCKET',
  })
  SEDGE_S3_URL?: string;
  @ValidateIf(isS3)
  @IsString({ message: 'SEDGE_S3_ACCESS_KEY is needed for SEDGE_ARTIFACTS=s3' })
  SEDGE_S3_ACCESS_KEY?: string;
  @ValidateIf(isS3)
  @IsString({ message: 'SEDGE_S3_SECRET_KEY is needed for SEDGE_ARTIFACTS=s3' })
  SEDGE_S3_SECRET_KEY?: string;
  /** default: us-east-1 */
  @IsOptional() @IsString() SEDGE_S3_REGION?: string;
  /** PEM file of the authorities that may vouch for the broker, the database and the store, in place of those of the system */
  @IsOptional() @IsString() SEDGE_CA_FILE?: string;
  /** base address at which other services reach this process, e.g. http://training:7350 */
  @IsOptional() @Matches(/^https?:\/\/[^/]+$/) SEDGE_URL?: string;
  /** file of the keys by which access tokens are checked (a JSON Web Key Set); absent: no tokens, for this machine alone */
  @IsOptional() @IsString() SEDGE_ACCESS_KEYS?: string;
  /** file of the access token by which this process speaks to other services */
  @IsOptional() @IsString() SEDGE_TOKEN_FILE?: string;
  /** which team owns a stage: STAGE=TEAM,… */
  @IsOptional() @IsString() SEDGE_TEAMS?: string;
  /** base address at which any copy of this service answers, where there are several behind one name; default: SEDGE_URL */
  @IsOptional() @Matches(/^https?:\/\/[^/]+$/) SEDGE_SERVICE_URL?: string;
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
  /** from where jobs take inputs of this machine */
  border: InputBorder;
  listen: { host: string; port: number } | null;
  cores: number | null;
  memoryMb: number | null;
  leaseS: number;
  logLevel: LogLevel;
  url: string | null;
  /** authorities that may vouch for the back ends; null: those of the system */
  caFile: string | null;
  access: AccessSettings;
  /** of any copy of this service */
  serviceUrl: string | null;
  containers: { kind: 'engine' } | { kind: 'kubernetes'; place: ClusterPlace };
  events: { kind: 'memory' } | { kind: 'nats'; url: string };
  state: { kind: 'pglite' } | { kind: 'postgres'; url: string; poolSize: number };
  artifacts: { kind: 'directory' } | S3Settings;
}

export interface AccessSettings {
  /** file of the keys by which tokens are checked, null where none are asked for */
  keysFile: string | null;
  /** file of the process's own token */
  tokenFile: string | null;
  /** owning team by stage */
  teams: Record<string, string>;
}

export interface S3Settings {
  kind: 's3';
  endpoint: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
  region: string;
}

/** Says which settings are wrong, all at once. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_INVALID';
  readonly mend = 'correct the environment variables that are named, or unset them to get the defaults';
}

const NUMBERS = ['SEDGE_PORT', 'SEDGE_CORES', 'SEDGE_MEMORY_MB', 'SEDGE_LEASE_S', 'SEDGE_DATABASE_POOL'];
const ADDRESSES = [
  'SEDGE_NATS_URL',
  'SEDGE_DATABASE_URL',
  'SEDGE_S3_URL',
  'SEDGE_URL',
  'SEDGE_SERVICE_URL',
] as const satisfies (keyof EnvironmentVariables)[];
const POOL_SIZE = 8;
const LEASE_S = 30;
/** How back ends let this process in: each may be in a file instead. */
const ACCOUNT_VARIABLES = ['SEDGE_NATS_URL', 'SEDGE_DATABASE_URL', 'SEDGE_S3_ACCESS_KEY', 'SEDGE_S3_SECRET_KEY'];
/** Settings that hold secrets: their text is for nobody's eyes. The token is one of commands; services have theirs in a file. */
export const SECRET_VARIABLES: readonly string[] = [...ACCOUNT_VARIABLES, 'SEDGE_TOKEN'];
/** All names that are read here. */
export const SETTING_NAMES: readonly string[] = [
  ...new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(EnvironmentVariables, '', false, false)
      .map(({ propertyName }) => propertyName),
  ),
  ...ACCOUNT_VARIABLES.map((name) => `${name}_FILE`),
];
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
    border: borderOf(given, environment, dataDirectory),
    listen: given.SEDGE_PORT === undefined ? null : { host: given.SEDGE_HOST ?? '127.0.0.1', port: given.SEDGE_PORT },
    cores: given.SEDGE_CORES ?? null,
    memoryMb: given.SEDGE_MEMORY_MB ?? null,
    leaseS: given.SEDGE_LEASE_S ?? LEASE_S,
    logLevel: given.SEDGE_LOG_LEVEL ?? 'warn',
    url: given.SEDGE_URL ?? null,
    caFile: given.SEDGE_CA_FILE ?? null,
    access: {
      keysFile: given.SEDGE_ACCESS_KEYS ?? null,
      tokenFile: given.SEDGE_TOKEN_FILE ?? null,
      teams: given.SEDGE_TEAMS === undefined ? {} : readTeams(given.SEDGE_TEAMS).value,
    },
    serviceUrl: given.SEDGE_SERVICE_URL ?? given.SEDGE_URL ?? null,
    containers:
      given.SEDGE_CONTAINERS === 'kubernetes' ? { kind: 'kubernetes', place: placeOf(given) } : { kind: 'engine' },
    events: given.SEDGE_EVENTS === 'nats' ? { kind: 'nats', url: given.SEDGE_NATS_URL! } : { kind: 'memory' },
    state:
      given.SEDGE_STATE === 'postgres'
        ? { kind: 'postgres', url: given.SEDGE_DATABASE_URL!, poolSize: given.SEDGE_DATABASE_POOL ?? POOL_SIZE }
        : { kind: 'pglite' },
    artifacts: isS3(given) ? s3SettingsOf(given) : { kind: 'directory' },
  };
}

/** Whoever asks for no tokens is alone on the machine, and may name what its user can read. */
function borderOf(given: EnvironmentVariables, environment: Environment, dataDirectory: string): InputBorder {
  const { SEDGE_INPUT_FOLDERS, SEDGE_INPUT_HOSTS, SEDGE_ACCESS_KEYS } = given;
  const isAlone = SEDGE_ACCESS_KEYS === undefined;
  const folders = SEDGE_INPUT_FOLDERS?.split(':').map((path) => resolve(path)) ?? (isAlone ? null : []);
  const standard = isAlone ? null : { names: [], networks: [] };
  const hosts = SEDGE_INPUT_HOSTS === undefined ? standard : readInputHosts(SEDGE_INPUT_HOSTS).value;
  const border = { folders, closed: closedPlaces(environment, dataDirectory), hosts };
  const wrong = folderInClosedPlace(border);
  if (wrong !== null) throw new SettingsError(`SEDGE_INPUT_FOLDERS names ${wrong}, which is the service's own`);
  return border;
}

function placeOf(given: EnvironmentVariables): ClusterPlace {
  const [, name, mountedAt] = /^([^:]+):(.+)$/.exec(given.SEDGE_KUBERNETES_CLAIM!)!;
  const [pod, uid] = given.SEDGE_KUBERNETES_POD?.split('/') ?? [];
  return {
    claim: { name: name!, mountedAt: resolve(mountedAt!) },
    pod: pod === undefined ? null : { name: pod, uid: uid! },
    node: given.SEDGE_KUBERNETES_NODE ?? null,
  };
}

function s3SettingsOf(given: EnvironmentVariables): S3Settings {
  const { origin, pathname } = new URL(given.SEDGE_S3_URL!);
  return {
    kind: 's3',
    endpoint: origin,
    bucket: pathname.slice(1),
    accessKey: given.SEDGE_S3_ACCESS_KEY!,
    secretKey: given.SEDGE_S3_SECRET_KEY!,
    region: given.SEDGE_S3_REGION ?? 'us-east-1',
  };
}

function dataHome(environment: Environment): string {
  return environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share');
}

function checked(environment: Environment): EnvironmentVariables {
  const entries = Object.entries(withSecretsOfFiles(environment))
    .filter(([name, text]) => name.startsWith('SEDGE_') && text !== undefined && text !== '')
    .map(([name, text]) => [name, NUMBERS.includes(name) ? Number(text) : text]);
  const given = plainToInstance(EnvironmentVariables, Object.fromEntries(entries) as object);
  const malformed = validateSync(given);
  const sentences = malformed.flatMap(({ property, constraints, value }) => {
    const is =
      value === undefined ? 'is not set' : SECRET_VARIABLES.includes(property) ? 'is not' : `is '${String(value)}'`;
    return Object.values(constraints ?? {}).map((sentence) => `${sentence}, and ${is}`);
  });
  const wellFormed = Object.fromEntries(
    Object.entries(given).filter(([name]) => !malformed.some(({ property }) => property === name)),
  ) as EnvironmentVariables;
  const misspelt = misspeltSettings(
    entries.map(([name]) => String(name)),
    SETTING_NAMES,
  );
  const mistakes = [...misspelt, ...sentences, ...mistakesInParts(wellFormed)];
  if (mistakes.length > 0) throw new SettingsError(mistakes.join('; '));
  return given;
}

/** What is wrong inside of settings that are right in their form. */
function mistakesInParts(given: EnvironmentVariables): string[] {
  const { SEDGE_TEAMS, SEDGE_INPUT_HOSTS } = given;
  const addresses = ADDRESSES.filter((name) => given[name] !== undefined && !URL.canParse(given[name]));
  return [
    ...(SEDGE_TEAMS === undefined ? [] : readTeams(SEDGE_TEAMS).mistakes),
    ...(SEDGE_INPUT_HOSTS === undefined ? [] : readInputHosts(SEDGE_INPUT_HOSTS).mistakes),
    ...addresses.map((name) => `${name} is no address: correct its host and port, a number up to 65535`),
  ];
}

/** What is secret may be given as a file instead: `SEDGE_NATS_URL_FILE` names one that holds SEDGE_NATS_URL. */
function withSecretsOfFiles(environment: Environment): Environment {
  const mistakes: string[] = [];
  const secrets = ACCOUNT_VARIABLES.map((name) => {
    try {
      return [name, readSecret(environment, name)];
    } catch (error) {
      mistakes.push((error as Error).message);
      return [name, undefined];
    }
  });
  if (mistakes.length > 0) throw new SettingsError(mistakes.join('; '));
  return { ...environment, ...(Object.fromEntries(secrets) as Environment) };
}
