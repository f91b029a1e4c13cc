import { execFileSync } from 'node:child_process';
import { makeKeyPair, makeToken } from '@sedge/service-kit';
import { describe, expect, it } from 'vitest';
import { ProcessLog } from './process-log.js';
import { redactor, secretsOf, takeSecrets } from './secrets.js';
import { readSettings } from './settings.js';

const ENVIRONMENT = {
  SEDGE_EVENTS: 'nats',
  SEDGE_NATS_URL: 'nats://training:broker%2Fpassword@host:4222',
  SEDGE_STATE: 'postgres',
  SEDGE_DATABASE_URL: 'postgres://sedge_training:database-password@host:5432/sedge',
  SEDGE_ARTIFACTS: 's3',
  SEDGE_S3_URL: 'https://host:9000/bucket',
  SEDGE_S3_ACCESS_KEY: 'access-key',
  SEDGE_S3_SECRET_KEY: 'store-secret',
};

describe('the log of a process', () => {
  it('shows no secret that the process knows of, however it is written', () => {
    const lines: string[] = [];
    const secrets = secretsOf(readSettings(ENVIRONMENT));
    const log = new ProcessLog('debug', (line) => void lines.push(line), redactor(secrets));
    for (const text of ['broker%2Fpassword', 'broker/password', 'database-password', 'store-secret']) {
      log.warn(`it said ${text}`, 'events');
      log.error({ message: 'failed', stack: `Error: ${text}\n at x` });
    }
    expect(lines).toHaveLength(8);
    expect(lines.join('')).not.toMatch(/password|store-secret/);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('level');
  });

  it.each([
    ['https://anna:hunter22@example.org/data.zip', 'https://anna:***@example.org/data.zip'],
    ['postgres://u:p%40ss@h/db and nats://a:b@c', 'postgres://u:***@h/db and nats://a:***@c'],
    ['"authorization":"Bearer abcdefgh.ijklmnop"', '"authorization":"Bearer ***"'],
    ['Authorization: Basic c2VkZ2U6c2VkZ2U=', 'Authorization: Basic ***'],
    ['http://127.0.0.1:7350/v1/runs at 10:45:01', 'http://127.0.0.1:7350/v1/runs at 10:45:01'],
    ['git@example.org:sedge/sedge', 'git@example.org:sedge/sedge'],
  ])('takes passwords and tokens out of what it does not know: %s', (text, shown) => {
    expect(redactor([])(text)).toBe(shown);
  });

  it('knows an access token wherever it stands', async () => {
    const { signingKey } = await makeKeyPair();
    const life = { issuedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
    const token = await makeToken(signingKey, { subject: 'anna', scope: 'run', team: null }, life);
    expect(redactor([])(`token='${token}'`)).toBe("token='***'");
  });
});

describe('the environment of a service', () => {
  it('holds no secrets any more once its settings are read, so that what it starts sees none', () => {
    const given = { ...ENVIRONMENT, SEDGE_TOKEN: 'token', PATH: process.env['PATH'] };
    const environment: Record<string, string | undefined> = given;
    const secrets = takeSecrets(environment);
    expect(readSettings({ ...environment, ...secrets })).toEqual(readSettings(ENVIRONMENT));
    const seen = execFileSync(process.execPath, ['-p', 'JSON.stringify(process.env)'], { env: environment }).toString();
    expect(seen).toContain('SEDGE_EVENTS');
    for (const name of [
      'SEDGE_NATS_URL',
      'SEDGE_DATABASE_URL',
      'SEDGE_S3_ACCESS_KEY',
      'SEDGE_S3_SECRET_KEY',
      'SEDGE_TOKEN',
    ])
      expect(seen).not.toContain(name);
  });
});
