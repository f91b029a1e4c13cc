import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { digestOfJson, isDigest, isSafeRelativePath, type Digest } from '@sedge/artifact-contracts';
import { ToolUnavailableError, type ToolOutcome, type ToolRun, type ToolRunner } from '@sedge/ports';
import {
  parseToolLine,
  type FailureClass,
  type JobFile,
  type JobInput,
  type ToolDefinition,
} from '@sedge/tool-contracts';
import { ToolServer, ToolServerError } from './tool-server.js';

/** The last line of a run. */
interface ResultLine {
  type: 'result';
  status: 'succeeded' | 'failed';
  /** files of each output, `metadata.json` among them */
  outputs?: Record<string, string[]>;
  class?: FailureClass;
  code?: string;
  message?: string;
}

const CLASSES: readonly FailureClass[] = ['transient', 'preempted', 'permanent'];
const ANSWER_TIMEOUT_MS = 30_000;
const IDENTIFY_TIMEOUT_MS = 3000;
const DEFAULT_GRACE_MS = 5000;

/** Runs tools on somebody else's server, by the tool HTTP API: upload the inputs, follow the run, download the outputs. */
export class HttpToolRunner implements ToolRunner {
  readonly runtime = 'http';

  /** The digest covers the version that the server declares. */
  async identify(definition: ToolDefinition): Promise<Record<string, unknown>> {
    const url = urlOf(definition);
    try {
      return { version: await declaredVersion(new ToolServer(url), definition) };
    } catch (error) {
      const mend = `start the server of the tool at ${url}, or correct runtime.url`;
      throw new ToolUnavailableError('TOOL_SERVER_UNAVAILABLE', (error as Error).message, mend);
    }
  }

  async run(run: ToolRun): Promise<ToolOutcome> {
    const headers: Record<string, string> = run.traceparent === undefined ? {} : { traceparent: run.traceparent };
    const server = new ToolServer(urlOf(run.tool.definition), headers);
    try {
      await assertVersion(server, run);
      return await new RemoteJob(server, run).run();
    } catch (error) {
      if (run.signal.aborted) return { status: 'cancelled' };
      if (!(error instanceof ToolServerError)) throw error;
      return failed(error.isPassing ? 'transient' : 'permanent', error.code, error.message);
    }
  }
}

/** One job at the server, from its upload to its removal. */
class RemoteJob {
  private readonly path: string;

  constructor(
    private readonly server: ToolServer,
    private readonly toolRun: ToolRun,
  ) {
    const { job, attempt } = toolRun.job;
    this.path = `v1/jobs/${job.replace('sha256:', '')}-${attempt}`;
  }

  async run(): Promise<ToolOutcome> {
    const { signal } = this.toolRun;
    const stop = (): void => void this.remove();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.upload();
      const result = await this.follow();
      if (signal.aborted) return { status: 'cancelled' };
      if (result.status === 'failed') return failureIn(result);
      await this.download(result.outputs ?? {});
      return { status: 'succeeded' };
    } finally {
      signal.removeEventListener('abort', stop);
      await this.remove();
    }
  }

  private async upload(): Promise<void> {
    const { job, signal } = this.toolRun;
    const inputs = Object.fromEntries(
      Object.entries(job.inputs).map(([name, input]) => [
        name,
        Array.isArray(input) ? input.map(described) : described(input),
      ]),
    );
    const outputs = Object.fromEntries(Object.entries(job.outputs).map(([name, { kind }]) => [name, { kind }]));
    const { attempt, parameters, threads } = job;
    const json = { job: job.job, attempt, parameters, threads, inputs, outputs };
    await this.server.done({ method: 'PUT', path: this.path, json, signal, timeoutMs: ANSWER_TIMEOUT_MS });
    for (const { place, input } of placesOf(job)) {
      for (const file of await filesUnder(input.path)) {
        const path = `${this.path}/inputs/${place}/${encodePath(file)}`;
        await this.server.done({ method: 'PUT', path, file: join(input.path, file), signal });
      }
    }
  }

  private async follow(): Promise<ResultLine> {
    const { signal, onLine } = this.toolRun;
    const answer = await this.server.call({ method: 'POST', path: `${this.path}/run`, signal });
    let result: ResultLine | null = null;
    try {
      for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
        result = resultIn(line);
        if (result) break;
        if (line !== '') onLine(parseToolLine(line));
      }
    } catch (error) {
      throw new ToolServerError('TOOL_SERVER_UNREACHABLE', `the run's stream broke off: ${(error as Error).message}`);
    } finally {
      answer.destroy();
    }
    if (!result) throw new ToolServerError('TOOL_SERVER_FAULTY', 'the run ended without a line of type result');
    return result;
  }

  private async download(outputs: Record<string, string[]>): Promise<void> {
    for (const [name, files] of Object.entries(outputs)) {
      const output = this.toolRun.job.outputs[name];
      if (!output) throw new ToolServerError('TOOL_SERVER_REFUSED', `the server named the unknown output '${name}'`);
      for (const file of files) await this.downloadFile(name, output.path, file);
    }
  }

  private async downloadFile(output: string, directory: string, file: string): Promise<void> {
    if (!isSafeRelativePath(file)) {
      throw new ToolServerError('TOOL_SERVER_REFUSED', `the server named the file '${file}', which leaves the output`);
    }
    const target = join(directory, file);
    await mkdir(dirname(target), { recursive: true });
    const path = `${this.path}/outputs/${output}/${encodePath(file)}`;
    const answer = await this.server.call({ method: 'GET', path, signal: this.toolRun.signal });
    try {
      await pipeline(answer, createWriteStream(target));
    } catch (error) {
      await rm(target, { force: true });
      throw new ToolServerError('TOOL_SERVER_UNREACHABLE', `GET ${path} broke off: ${(error as Error).message}`);
    }
  }

  /** Tells the server to stop and to forget the job; a server that has done so already answers 404. */
  private async remove(): Promise<void> {
    const timeoutMs = this.toolRun.tool.definition.graceMs ?? DEFAULT_GRACE_MS;
    await this.server.done({ method: 'DELETE', path: this.path, timeoutMs }).catch(() => undefined);
  }
}

interface Place {
  /** name of the input, with the position in a list after a slash */
  place: string;
  input: JobInput;
}

function placesOf(job: JobFile): Place[] {
  return Object.entries(job.inputs).flatMap(([name, input]) =>
    Array.isArray(input)
      ? input.map((item, index) => ({ place: `${name}/${index}`, input: item }))
      : [{ place: name, input }],
  );
}

const described = ({ id, kind, metadata }: JobInput): Omit<JobInput, 'path'> => ({ id, kind, metadata });

async function filesUnder(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function resultIn(line: string): ResultLine | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as Partial<ResultLine>;
    const isResult = value.type === 'result' && (value.status === 'succeeded' || value.status === 'failed');
    return isResult ? (value as ResultLine) : null;
  } catch {
    return null;
  }
}

async function declaredVersion(server: ToolServer, { name }: ToolDefinition): Promise<Digest> {
  const answer = (await server.json({ method: 'GET', path: 'v1/tool', timeoutMs: IDENTIFY_TIMEOUT_MS })) as {
    name?: unknown;
    version?: unknown;
  };
  if (answer.name !== name) {
    throw new ToolServerError(
      'TOOL_SERVER_FAULTY',
      `the server is that of the tool '${String(answer.name)}', not ${name}`,
    );
  }
  if (!isDigest(answer.version)) {
    throw new ToolServerError('TOOL_SERVER_FAULTY', `the version that the server declares is no sha256 digest`);
  }
  return answer.version;
}

/** A server that changed since the job was asked for would give a result under the wrong key. */
async function assertVersion(server: ToolServer, { tool }: ToolRun): Promise<void> {
  const { definition, digest } = tool;
  const version = await declaredVersion(server, definition);
  if (digestOfJson({ definition, identity: { version } }) === digest) return;
  const message = `the server of ${definition.name} declares another version than when the job was asked for; run the workflow again`;
  throw new ToolServerError('TOOL_SERVER_REFUSED', message);
}

function urlOf({ name, runtime }: ToolDefinition): string {
  if (runtime.kind !== 'http') throw new Error(`${name} is no http tool`);
  return runtime.url;
}

/** What the server says of a failure, as far as it is of the form that was agreed. */
function failureIn({ class: failureClass, code, message }: ResultLine): ToolOutcome {
  const known = CLASSES.find((name) => name === failureClass) ?? 'permanent';
  const textOr = (text: unknown, other: string): string => (typeof text === 'string' ? text : other);
  return failed(known, textOr(code, 'TOOL_FAILED'), textOr(message, 'the tool failed'));
}

function failed(failureClass: FailureClass, code: string, message: string): ToolOutcome {
  return { status: 'failed', class: failureClass, code, message };
}
