import { S3Server as LocalServer } from '@sedge/local-servers';
import { Client } from 'minio';

/** An S3 server: the one that SEDGE_TEST_S3 names (http://KEY:SECRET@HOST:PORT), else one that is started for the test. */
export interface S3Server {
  /** for the tool, as a user would set them */
  environment: Record<'AWS_ENDPOINT_URL_S3' | 'AWS_ACCESS_KEY_ID' | 'AWS_SECRET_ACCESS_KEY', string>;
  client: Client;
  stop(): Promise<void>;
}

export async function startS3(): Promise<S3Server> {
  const given = process.env['SEDGE_TEST_S3'];
  if (given) return { ...connect(new URL(given)), stop: async () => {} };
  const server = await LocalServer.start();
  const url = new URL(server.url);
  [url.username, url.password] = [server.accessKey, server.secretKey];
  return { ...connect(url), stop: () => server.stop() };
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
