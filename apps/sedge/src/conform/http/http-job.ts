import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { isSafeRelativePath } from '@sedge/artifact-contracts';
import type { JobFile, JobInput } from '@sedge/tool-contracts';
import { filesUnder } from '../artifact-samples.js';

/** The last line of a run. */
export interface ResultLine {
  type: 'result';
  status: 'succeeded' | 'failed';
  outputs?: Record<string, string[]>;
  class?: string;
  code?: string;
  message?: string;
}

/** A run under way. */
export interface HttpRun {
  /** the result; null where the answer ended without one */
  ended: Promise<ResultLine | null>;
  /** cuts the connection */
  cut(): void;
}

/** One job at the server of a tool, request by request, as checks order them. */
export class HttpJob {
  readonly path: string;

  constructor(
    readonly base: string,
    private readonly file: JobFile,
    /** how long a run may take, and what ends it before */
    private readonly bounds: { limitMs: number; signal: AbortSignal },
  ) {
    this.path = `v1/jobs/${file.job.replace('sha256:', '')}-${file.attempt}-${Math.random().toString(36).slice(2, 8)}`;
  }

  send(method: string, path: string, body?: string | Buffer, type = 'application/octet-stream'): Promise<Response> {
    const init =
      body === undefined ? {} : { body: new Uint8Array(Buffer.from(body)), headers: { 'content-type': type } };
    return fetch(`${this.base.replace(/\/$/, '')}/${path}`, {
      method,
      ...init,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  }

  /** @param more fields beside those of the contract */
  async describe(more: Record<string, unknown> = {}): Promise<Response> {
    const { job, attempt, parameters, threads, inputs, outputs } = this.file;
    const described = Object.fromEntries(
      Object.entries(inputs).map(([name, input]) => [
        name,
        Array.isArray(input) ? input.map(withoutPath) : withoutPath(input),
      ]),
    );
    const kinds = Object.fromEntries(Object.entries(outputs).map(([name, { kind }]) => [name, { kind }]));
    const body = { job, attempt, parameters, threads, inputs: described, outputs: kinds, ...more };
    return this.send('PUT', this.path, JSON.stringify(body), 'application/json');
  }

  async upload(): Promise<void> {
    for (const [name, input] of Object.entries(this.file.inputs)) {
      for (const [index, { path }] of [input].flat().entries()) {
        const place = Array.isArray(input) ? `${name}/${index}` : name;
        for (const file of await filesUnder(path)) {
          await this.send('PUT', `${this.path}/inputs/${place}/${encode(file)}`, await readFile(join(path, file)));
        }
      }
    }
  }

  async run(): Promise<HttpRun> {
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, this.bounds.signal, AbortSignal.timeout(this.bounds.limitMs)]);
    const answer = await fetch(`${this.base.replace(/\/$/, '')}/${this.path}/run`, { method: 'POST', signal });
    return { ended: follow(answer).catch(() => null), cut: () => controller.abort() };
  }

  remove(): Promise<Response> {
    return this.send('DELETE', this.path);
  }

  /** Downloads what the result names into the folders of the job. */
  async download({ outputs = {} }: ResultLine): Promise<void> {
    for (const [name, files] of Object.entries(outputs)) {
      for (const file of files.filter(isSafeRelativePath)) {
        const target = join(this.file.outputs[name]!.path, file);
        await mkdir(dirname(target), { recursive: true });
        const answer = await this.send('GET', `${this.path}/outputs/${name}/${encode(file)}`);
        if (!answer.ok) throw new Error(`GET ${answer.url} answered ${answer.status}`);
        await pipeline(bodyOf(answer), createWriteStream(target));
      }
    }
  }
}

/** The last line of a run; null where there is none. */
async function follow(answer: Response): Promise<ResultLine | null> {
  if (!answer.ok) return null;
  for await (const line of linesOf(answer)) {
    const value = parsed(line);
    if (value?.['type'] === 'result') return value as unknown as ResultLine;
  }
  return null;
}

async function* linesOf(answer: Response): AsyncGenerator<string> {
  let rest = '';
  for await (const text of answer.body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

const ANSWER_MS = 30_000;
const bodyOf = (answer: Response): Readable => Readable.fromWeb(answer.body as ReadableStream);
const encode = (path: string): string => path.split('/').map(encodeURIComponent).join('/');
const withoutPath = ({ id, kind, metadata }: JobInput): Omit<JobInput, 'path'> => ({ id, kind, metadata });

function parsed(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}
