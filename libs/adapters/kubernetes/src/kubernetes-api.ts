import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { text } from 'node:stream/consumers';

/** Where a Kubernetes API server is, and who asks. Files are read at each call, since the cluster renews them. */
export interface KubernetesAccess {
  /** e.g. `https://10.96.0.1:443` */
  url: string;
  namespace: string;
  tokenFile: string;
  /** PEM file of the authority that vouches for the server */
  caFile: string;
}

/** The API server can't be reached, or refuses. `status` is null where it gave no answer. */
export class KubernetesError extends Error {
  constructor(
    readonly status: number | null,
    message: string,
  ) {
    super(message);
    this.name = 'KubernetesError';
  }

  /** whether the same call may go well the next time */
  get isPassing(): boolean {
    return this.status === null || this.status === 429 || this.status >= 500;
  }
}

interface Call {
  method: 'GET' | 'POST' | 'DELETE';
  /** below the namespace, e.g. `batch/v1/jobs` or `v1/pods/NAME/log` */
  path: string;
  query?: Record<string, string>;
  json?: unknown;
  signal?: AbortSignal;
  /** how long the server may take to begin its answer */
  timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
const MESSAGE_LIMIT = 1000;

/** The few calls of the Kubernetes API that running a tool needs, as plain HTTP. */
export class KubernetesApi {
  constructor(private readonly access: KubernetesAccess) {}

  /** @throws KubernetesError */
  async json<T>(call: Call): Promise<T> {
    const answer = await this.stream(call);
    try {
      return JSON.parse(await text(answer)) as T;
    } catch (error) {
      throw new KubernetesError(null, `${call.method} ${call.path}: no whole answer: ${(error as Error).message}`);
    }
  }

  /** The answer as it comes. @throws KubernetesError unless the status is 2xx */
  async stream(call: Call): Promise<IncomingMessage> {
    const answer = await this.send(call);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const body = await text(answer).catch(() => '');
    throw new KubernetesError(status, `${call.method} ${call.path} answered ${status}: ${messageIn(body)}`);
  }

  private send({ method, path, query = {}, json, signal, timeoutMs = TIMEOUT_MS }: Call): Promise<IncomingMessage> {
    const { url, tokenFile, caFile } = this.access;
    const body = json === undefined ? undefined : JSON.stringify(json);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(new KubernetesError(null, `${method} ${path}: ${error.message}`));
      const headers = {
        accept: 'application/json, */*',
        authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const options = { method, headers, ...(signal && { signal }) };
      const place = this.placeOf(path, query);
      const asked = url.startsWith('https:')
        ? secureRequest(place, { ...options, ca: readFileSync(caFile) }, resolve)
        : request(place, options, resolve);
      asked.setTimeout(timeoutMs, () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      asked.once('response', () => asked.setTimeout(0));
      asked.once('error', fail).end(body);
    });
  }

  /** `v1/pods` → `/api/v1/namespaces/NAMESPACE/pods`, `batch/v1/jobs` → `/apis/batch/v1/namespaces/NAMESPACE/jobs`. */
  private placeOf(path: string, query: Record<string, string>): URL {
    const [, version, rest] = /^(v1|[\w.]+\/v1)\/(.+)$/.exec(path)!;
    const root = version === 'v1' ? 'api' : 'apis';
    const place = new URL(`/${root}/${version}/namespaces/${this.access.namespace}/${rest}`, this.access.url);
    place.search = new URLSearchParams(query).toString();
    return place;
  }
}

/** The server answers a Status object. */
function messageIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === 'string') return message.slice(0, MESSAGE_LIMIT);
  } catch {
    // Plain text, e.g. of a proxy.
  }
  return body.slice(0, MESSAGE_LIMIT);
}
