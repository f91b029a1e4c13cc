import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ErrorFilter, knownBeforeBody, requestValidation, undeclaredRoutes, type Access } from '@sedge/service-kit';
import { serveApiDocument } from './api-document.js';
import { createApiServer } from './api-server.js';
import { lockDataDirectory } from './data-directory-lock.js';
import { DiskReserve } from './disk-reserve.js';
import { openPlatform, type Platform } from './platform.js';
import { PlatformModule } from './platform.module.js';
import { ProcessLog } from './process-log.js';
import { onlySameMachine } from './same-machine.js';
import { redactor, secretsOf } from './secrets.js';
import type { Settings } from './settings.js';
import { strangeStages } from './teams-setting.js';

export interface RunningProcess {
  /** address of the HTTP API, null where no port was asked for */
  url: string | null;
  /** unix socket of the same API */
  socketPath: string;
  app: NestExpressApplication;
  /** ends it cleanly: work under way is handed back */
  close(): Promise<void>;
}

export interface ProcessOptions {
  /** the services of this process */
  modules: Type[];
  settings: Settings;
  /** prepares the application before it starts, e.g. for static pages */
  configure?: (app: NestExpressApplication) => void;
  /** takes the log, line by line; left out: standard error */
  log?: (line: string) => void;
  /** told when the process can't go on, before it ends */
  onFatal?: (error: Error) => void;
}

interface Surroundings {
  logger: ProcessLog;
  /** closes what was opened before the application */
  release(): Promise<void>;
}

const BODY_LIMIT = '32mb';
/** The machine must be mended before the next start; the commands' own code for it. */
const EXIT_ENVIRONMENT = 5;

/** The lock, the ports and the application of a process, opened in this order and closed in the other. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { settings } = options;
  const unlock = await lockDataDirectory(settings.dataDirectory);
  const write = options.log ?? ((line: string) => void process.stderr.write(line));
  const logger = new ProcessLog(settings.logLevel, write, redactor(secretsOf(settings)));
  for (const stage of strangeStages(settings.access.teams)) {
    logger.warn(
      `SEDGE_TEAMS names ${stage}, which is none of Sedge's own stages; is it one of somebody else's?`,
      'settings',
    );
  }
  let reserve: DiskReserve | undefined;
  let platform: Platform | undefined;
  const release = async (): Promise<void> => {
    await platform?.tracing.close();
    await platform?.database.close();
    await reserve?.close();
    await unlock();
  };
  try {
    reserve = await DiskReserve.keep(settings.dataDirectory, (message) => logger.warn(message, 'disk'));
    platform = await openPlatform(settings, {
      onTrouble: (message) => logger.warn(message, 'events'),
      onStopped: (error) => endProcess(error, logger, options),
    });
    return await startApplication(options, platform, { logger, release });
  } catch (error) {
    await release();
    throw error;
  }
}

/** Without its database a process can do nothing but end; what was committed is there at the next start. */
function endProcess(error: Error, logger: ProcessLog, { onFatal }: ProcessOptions): void {
  const { message, code, mend } = error as Error & { code?: string; mend?: string };
  logger.error({ code, message, mend });
  onFatal?.(error);
  process.exit(EXIT_ENVIRONMENT);
}

async function startApplication(
  { modules, settings, configure }: ProcessOptions,
  platform: Platform,
  { logger, release }: Surroundings,
): Promise<RunningProcess> {
  const app = await NestFactory.create<NestExpressApplication>(rootModule(modules, platform), {
    logger,
    abortOnError: false,
    bodyParser: false,
  });
  app.disable('x-powered-by');
  app.use(knownBeforeBody(platform.access));
  // A compressed body of some KB can become gigabytes.
  app.useBodyParser('json', { limit: BODY_LIMIT, inflate: false });
  app.useGlobalPipes(requestValidation());
  app.useGlobalFilters(new ErrorFilter());
  serveApiDocument(app);
  configure?.(app);
  await app.init();
  const undeclared = undeclaredRoutes(app);
  if (undeclared.length > 0) {
    await app.close();
    throw new Error(`routes that don't say who may ask for them: ${undeclared.join(', ')}; add Needs or Open`);
  }
  const socketPath = join(settings.dataDirectory, 'sedge.sock');
  const servers: Server[] = [];
  try {
    servers.push(await listenOnSocket(admitting(app, platform.access), socketPath));
    if (settings.listen)
      servers.push(await listenOnPort(portListener(app, platform.access, settings), settings.listen));
  } catch (error) {
    await Promise.all(servers.map(closeServer));
    await app.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(closeServer));
    await rm(socketPath, { force: true });
    await app.close();
    await release();
  };
  return { url: settings.listen ? urlOf(servers[1]!) : null, socketPath, app, close };
}

function rootModule(modules: Type[], platform: Platform): Type {
  class RootModule {}
  Module({ imports: [PlatformModule.forRoot(platform), ...modules] })(RootModule);
  return RootModule;
}

const listenerOf = (app: NestExpressApplication): RequestListener =>
  app.getHttpAdapter().getInstance() as RequestListener;

/** Lets requests in that come by where only those can be who may do anything. */
function admitting(app: NestExpressApplication, access: Access): RequestListener {
  const handle = listenerOf(app);
  return (request, response) => {
    access.admit(request);
    handle(request, response);
  };
}

/** Either every request shows a token, or nobody but this machine is let in. */
function portListener(
  app: NestExpressApplication,
  access: Access,
  { access: { keysFile }, url }: Settings,
): RequestListener {
  return keysFile === null ? onlySameMachine(admitting(app, access), url) : listenerOf(app);
}

/** The lock is ours, so a socket file that is there is a dead process's. Only this user may connect. */
async function listenOnSocket(handle: RequestListener, path: string): Promise<Server> {
  if (existsSync(path)) await rm(path);
  const server = createApiServer(handle);
  await listen(server, { path });
  await chmod(path, 0o600);
  return server;
}

async function listenOnPort(handle: RequestListener, listenAt: { host: string; port: number }): Promise<Server> {
  const server = createApiServer(handle);
  try {
    await listen(server, listenAt);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new PortBusyError(listenAt.port);
  }
  return server;
}

/** Something else listens on the port. */
export class PortBusyError extends Error {
  readonly code = 'PORT_BUSY';
  readonly mend = 'choose another port (0 takes a free one), or end what listens there';

  constructor(port: number) {
    super(`port ${port} is in use`);
  }
}

function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Event streams stay open for as long as someone listens; they are cut. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function urlOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
