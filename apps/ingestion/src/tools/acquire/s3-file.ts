import { Client, S3Error } from 'minio';
import { refusal } from '../../errors.js';
import type { RemoteContent, RemoteFile } from './remote-file.js';
import type { SourceAddress } from './source-address.js';

type Environment = Record<string, string | undefined>;

const AMAZON = 'https://s3.amazonaws.com';
const ENDPOINTS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'] as const;

/** What the server says by its code, and what the user can do about it. */
const REFUSALS: Record<string, { status: number; mend: string }> = {
  NoSuchBucket: { status: 404, mend: 'correct the bucket' },
  NoSuchKey: { status: 404, mend: 'correct the key' },
  NotFound: { status: 404, mend: 'correct bucket and key' },
  AccessDenied: { status: 403, mend: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of someone who may read it' },
  InvalidAccessKeyId: { status: 403, mend: 'correct AWS_ACCESS_KEY_ID' },
  // VersityGW's word for the same.
  XAdminUserNotFound: { status: 403, mend: 'correct AWS_ACCESS_KEY_ID' },
  SignatureDoesNotMatch: { status: 403, mend: 'correct AWS_SECRET_ACCESS_KEY' },
};

/** An object in S3 or a store that speaks its protocol. Access is set by the variables that all S3 programs know. */
export class S3File implements RemoteFile {
  private readonly client: Client;

  /** @throws INGESTION_S3_SETTINGS */
  constructor(
    private readonly address: SourceAddress & { scheme: 's3' },
    environment: Environment,
  ) {
    this.client = clientOf(address.shown, environment);
  }

  async open(from: number, version: string | null, signal: AbortSignal): Promise<RemoteContent> {
    const { bucket, key } = this.address;
    try {
      const { size, etag } = await this.client.statObject(bucket, key);
      const start = version === etag ? Math.min(from, size) : 0;
      if (start === size) return { chunks: nothing(), from: start, totalBytes: size, version: etag };
      const stream = await this.client.getPartialObject(bucket, key, start);
      signal.addEventListener('abort', () => stream.destroy(), { once: true });
      return { chunks: stream, from: start, totalBytes: size, version: etag };
    } catch (error) {
      throw this.explain(error);
    }
  }

  private explain(error: unknown): unknown {
    const code = error instanceof S3Error ? error.code : undefined;
    const known = code === undefined ? undefined : REFUSALS[code];
    return known ? refusal('INGESTION_SOURCE_REFUSED', { from: this.address.shown, ...known }) : error;
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {
  return;
}

function clientOf(shown: string, environment: Environment): Client {
  const variable = ENDPOINTS.find((name) => environment[name]);
  const endpoint = variable ? environment[variable]! : AMAZON;
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    const reason = `${variable} is '${endpoint}', no address`;
    throw refusal('INGESTION_S3_SETTINGS', { from: shown, reason, variables: `${variable} to http://HOST:PORT` });
  }
  const { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey } = environment;
  if (Boolean(accessKey) !== Boolean(secretKey)) {
    const reason = 'only one of its two keys is set';
    throw refusal('INGESTION_S3_SETTINGS', {
      from: shown,
      reason,
      variables: 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither for public objects',
    });
  }
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  return new Client({
    endPoint: url.hostname,
    useSSL: url.protocol === 'https:',
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(accessKey && secretKey && { accessKey, secretKey }),
    ...(environment['AWS_SESSION_TOKEN'] && { sessionToken: environment['AWS_SESSION_TOKEN'] }),
    ...(region && { region }),
    pathStyle: variable !== undefined,
  });
}
