import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { S3Server, missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, makeFolder } from '../../apps/sedge/test/server/sedge-process.js';

const missing = missingServer('versitygw');

describe.skipIf(missing)(`a service whose store refuses it (${missing ?? 'on a real server'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let s3: S3Server;

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    s3 = await S3Server.start();
  });
  afterAll(async () => {
    await s3?.stop();
    await folder?.remove();
  });

  it('ends with the code for what must be mended, and says how', async () => {
    const child = spawn(process.execPath, [join('apps', 'benchmark', 'dist', 'main.js')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        SEDGE_HOME: join(folder.path, 'home'),
        SEDGE_ARTIFACTS: 's3',
        SEDGE_S3_URL: `${s3.url}/kept`,
        SEDGE_S3_ACCESS_KEY: s3.accessKey,
        SEDGE_S3_SECRET_KEY: 'another-secret',
      },
    });
    const [said, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    const line = JSON.parse(said.trim().split('\n').at(-1)!) as unknown;
    expect([exitCode, line]).toMatchObject([
      5,
      {
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining(`${s3.url}/kept`) as string,
        mend: expect.stringContaining('SEDGE_S3_SECRET_KEY') as string,
      },
    ]);
    expect(said).not.toContain('another-secret');
  });
});
