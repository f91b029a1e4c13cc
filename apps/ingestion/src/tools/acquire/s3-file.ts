import { Client, InvalidBucketNameError, InvalidEndpointError, InvalidObjectNameError, S3Error } from 'minio';
import { refusal } from '../../errors.js';
import type { RemoteContent, RemoteFile } from './remote-file.js';
import type { SourceAddress } from './source-address.js';

type Environment = Record<string, string | undefined>;

const AMAZON = 'https://s3.amazonaws.com';
const ENDPOINTS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'] as const;

const REGION = 'set AWS_REGION to where the bucket lies, and AWS_ENDPOINT_URL_S3 to a server that holds it';

/** What the server says by its code of what asking again would not change, and what the user can do about it. */
const REFUSALS: Record<string, { status: number; mend: string }> = {
  NoSuchBucket: { status: 404, mend: 'correct the bucket' },
  InvalidBucketName: { status: 400, mend: 'correct the bucket' },
  NoSuchKey: { status: 404, mend: 'correct the key' },
  KeyTooLongError: { status: 400, mend: 'correct the key' },
  NotFound: { status: 404, mend: 'correct bucket and key' },
  AccessDenied: { status: 403, mend: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of someone who may read it' },
  AllAccessDisabled: { status: 403, mend: 'name another bucket: this one is closed to all' },
  InvalidAccessKeyId: { status: 403, mend: 'correct AWS_ACCESS_KEY_ID' },
  // VersityGW's word for the same.
  XAdminUserNotFound: { status: 403, mend: 'correct AWS_ACCESS_KEY_ID' },
  SignatureDoesNotMatch: { status: 403, mend: 'correct AWS_SECRET_ACCESS_KEY' },
  InvalidToken: { status: 400, mend: 'correct AWS_SESSION_TOKEN' },
  ExpiredToken: { status: 400, mend: 'get a new AWS_SESSION_TOKEN, with the keys that belong to it' },
  RequestTimeTooSkewed: { status: 403, mend: 'set the clock of the machine on which ingestion runs' },
  InvalidObjectState: { status: 403, mend: 'restore the object from the archive first' },
  AuthorizationHeaderMalformed: { status: 400, mend: REGION },
  PermanentRedirect: { status: 301, mend: REGION },
  MovedPermanently: { status: 301, mend: REGION },
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
    const { bucket, shown } = this.address;
    if (error instanceof InvalidBucketNameError) {
      const reason = `no bucket can be named '${bucket}' (3 to 63 lower-case letters, digits, hyphens and single dots)`;
      return refusal('INGESTION_SOURCE_FORM', { from: shown, reason });
    }
    if (error instanceof InvalidObjectNameError) {
      return refusal('INGESTION_SOURCE_FORM', { from: shown, reason: 'a key has 1024 letters at most' });
    }
    const code = error instanceof S3Error ? error.code : undefined;
    const known = code === undefined ? undefined : REFUSALS[code];
    return known ? refusal('INGESTION_SOURCE_REFUSED', { from: shown, ...known }) : error;
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
  const options = {
    endPoint: url.hostname,
    useSSL: url.protocol === 'https:',
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(accessKey && secretKey && { accessKey, secretKey }),
    ...(environment['AWS_SESSION_TOKEN'] && { sessionToken: environment['AWS_SESSION_TOKEN'] }),
    ...(region && { region }),
    pathStyle: variable !== undefined,
  };
  try {
    return new Client(options);
  } catch (error) {
    if (!(error instanceof InvalidEndpointError)) throw error;
    const reason = `${variable} names the host '${url.hostname}', which is none`;
    throw refusal('INGESTION_S3_SETTINGS', { from: shown, reason, variables: `${variable} to http://HOST:PORT` });
  }
}
