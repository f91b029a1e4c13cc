import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { Client } from 'minio';

export interface S3Location {
  /** e.g. https://s3.example.org or http://127.0.0.1:9000 */
  endpoint: string;
  bucket: string;
  accessKey: string;
  secretKey: string;
  region: string;
  /** PEM file of the authorities that may vouch for the server; null: those of the system */
  caFile?: string | null;
}

export interface Part {
  /** 1 for the first */
  part: number;
  etag: string;
}

/** Sockets kept open between requests. */
const KEPT_SOCKETS = 64;

/** The `minio` client, with the parts of an upload visible, and with the server's own reason in every error. */
export class S3Client extends Client {
  static at(location: S3Location): S3Client {
    const { protocol, hostname, port } = new URL(location.endpoint);
    const isSecure = protocol === 'https:';
    const module = isSecure ? https : http;
    return new S3Client({
      endPoint: hostname,
      useSSL: isSecure,
      ...(port !== '' && { port: Number(port) }),
      accessKey: location.accessKey,
      secretKey: location.secretKey,
      region: location.region,
      pathStyle: true,
      // The client's own retries print to the console and drop what the server said; whoever calls knows better what to try again.
      retryOptions: { disableRetry: true },
      transport: { request: withReasons(module.request) } as never,
      transportAgent: new module.Agent({
        keepAlive: true,
        maxSockets: KEPT_SOCKETS,
        ...(isSecure && location.caFile && { ca: readFileSync(location.caFile) }),
      }) as never,
    });
  }

  async partsOf(bucket: string, key: string, uploadId: string): Promise<(Part & { size: number })[]> {
    return this.listParts(bucket, key, uploadId) as Promise<(Part & { size: number })[]>;
  }

  /**
   * Makes an empty object where there is none of the name.
   * @returns whether there was none; on a server that does not know the condition it is made in any case
   */
  async makeObject(bucket: string, key: string): Promise<boolean> {
    const headers = { 'if-none-match': '*' };
    try {
      await this.makeRequestAsyncOmit({ method: 'PUT', bucketName: bucket, objectName: key, headers } as never, '');
      return true;
    } catch (error) {
      const { code } = error as { code?: string };
      // The second one is that of two requests at once.
      if (code === 'PreconditionFailed' || code === 'ConditionalRequestConflict') return false;
      if (code !== 'NotImplemented') throw error;
      await this.putObject(bucket, key, Buffer.from(''));
      return true;
    }
  }

  /** The client's own `uploadPart` reads the answer of another request. */
  async sendPart(bucket: string, key: string, uploadId: string, part: number, bytes: Buffer): Promise<Part> {
    const query = `partNumber=${part}&uploadId=${encodeURIComponent(uploadId)}`;
    const options = { method: 'PUT' as const, bucketName: bucket, objectName: key, query, headers: {} };
    const { headers } = await this.makeRequestAsyncOmit(options as never, bytes);
    return { part, etag: (headers.etag ?? '').replaceAll('"', '') };
  }
}

/** To the client a status that may be tried again has no reason; one from here on has, and errors carry it as their code. */
const FIRST_STATUS_WITH_REASON = 590;

function withReasons(request: typeof http.request): typeof http.request {
  const wrapped = (options: http.RequestOptions, answered: (response: http.IncomingMessage) => void): unknown =>
    request(options, (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 500 && status < 505) response.statusCode = FIRST_STATUS_WITH_REASON + (status - 500);
      answered(response);
    });
  return wrapped as typeof http.request;
}
