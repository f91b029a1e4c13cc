import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import S3rver from 's3rver';

/** A server that speaks S3: the one that SEDGE_TEST_S3 names (http://KEY:SECRET@HOST:PORT), else one of this process's own. */
export interface S3Server {
  /** for the tool, as a user would set them */
  environment: Record<'AWS_ENDPOINT_URL_S3' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY', string>;
  client: Client;
  stop(): Promise<void>;
}

export async function startS3(): Promise<S3Server> {
  const given = process.env['SEDGE_TEST_S3'];
  if (given) return { ...connect(new URL(given)), stop: async () => {} };
  const directory = await mkdtemp(join(tmpdir(), 'sedge-s3-'));
  const server = new S3rver({ address: '127.0.0.1', port: 0, directory, silent: true });
  const { port } = (await server.run()) as unknown as AddressInfo;
  const stop = async (): Promise<void> => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { ...connect(new URL(`http://S3RVER:S3RVER@127.0.0.1:${port}`)), stop };
}

function connect(url: URL): Omit<S3Server, 'stop'> {
  const accessKey = decodeURIComponent(url.username);
  const secretKey = decodeURIComponent(url.password);
  const client = new Client({
    endPoint: url.hostname,
    port: Number(url.port),
    useSSL: url.protocol === 'https:',
    accessKey,
    secretKey,
    region: 'us-east-1',
  });
  const environment = {
    AWS_ENDPOINT_URL_S3: url.origin,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
  };
  return { environment, client };
}
