import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { readSettings } from '@sedge/composition';
import { PostgresServer, findServer, missingServer } from '@sedge/local-servers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { stages, stagesWithTools } from '../../tools/dev/stages.mjs';
import type { ComposeService } from '../images/compose-file.js';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8');
const compose = parse(read('deploy', 'compose', 'compose.yml'), { merge: true }) as {
  services: Record<string, ComposeService>;
};
/** What installers of tools' environments read: others' settings, and the mirror of an index. */
const PASSED_ON = ['HTTPS_PROXY', 'NO_PROXY', 'PIP_INDEX_URL', 'SEDGE_INDEX_PYTORCH_CPU'];
const SERVICES = [...stages(), 'workflow'].sort();

const reason = missingServer('nats-server', 'postgres');
if (reason !== null) process.stdout.write(`skipped: ${reason}\n`);

describe('what deploys the services', () => {
  let secrets: string;
  beforeAll(() => {
    secrets = mkdtempSync(join(tmpdir(), 'sedge-deploy-'));
    execFileSync(process.execPath, ['deploy/prepare.mjs', '--folder', secrets], { cwd: ROOT });
  });
  afterAll(() => rmSync(secrets, { recursive: true, force: true }));

  it('names every service: an image, a service of the compose file, a Deployment of the chart', () => {
    const targets = [...read('deploy', 'images', 'Dockerfile').matchAll(/^FROM service AS (\S+)$/gm)].map(
      ([, name]) => name,
    );
    const values = parse(read('deploy', 'helm', 'sedge', 'values.yaml')) as { stages: Record<string, object> };
    expect([...SERVICES, 'cli'].sort()).toEqual(targets.sort());
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(SERVICES));
    expect(['workflow', ...Object.keys(values.stages)].sort()).toEqual(SERVICES);
  });

  it('starts the stages that have tools, and the others when they are asked for', () => {
    const values = parse(read('deploy', 'helm', 'sedge', 'values.yaml')) as {
      stages: Record<string, { enabled: boolean }>;
    };
    const enabled = Object.keys(values.stages).filter((name) => values.stages[name]!.enabled);
    expect(enabled.sort()).toEqual(stagesWithTools());
    const started = stages().filter((name) => compose.services[name]!.profiles === undefined);
    expect(started).toEqual(stagesWithTools());
    for (const name of stages().filter((stage) => !started.includes(stage)))
      expect(compose.services[name]!.profiles).toEqual([name]);
  });

  it.each(Object.entries(compose.services))(
    'gives %s no rights: read-only, no capabilities, not root',
    (name, service) => {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      // The one that gives volumes away may do that and has no network.
      if (name === 'owner') expect(service).toMatchObject({ user: '0:0', cap_add: ['CHOWN'], network_mode: 'none' });
      else expect(service.user).toBe('10001:10001');
    },
  );

  it.each(SERVICES)('starts %s with settings that count, and with time to end', (name) => {
    const { environment, healthcheck, stop_grace_period: grace } = compose.services[name]!;
    expect(healthcheck).toBeDefined();
    expect(Number.parseInt(grace!)).toBeGreaterThan(30);
    const given = Object.entries(environment!).filter(([, value]) => value !== null);
    const here = given.map(([key, value]) => [key, inFolder(value!, name)]);
    const settings = readSettings({ ...Object.fromEntries(here), SEDGE_HOST: '0.0.0.0', SEDGE_PORT: '7350' });
    expect(settings.events).toMatchObject({ kind: 'nats', url: expect.stringContaining(`nats://${name}:`) });
    expect(settings).toMatchObject({
      state: { kind: 'postgres' },
      artifacts: { kind: 's3', bucket: 'sedge-artifacts' },
    });
    expect(readFileSync(settings.access.tokenFile!, 'utf8')).toMatch(/^ey/);
  });

  it('says every command in texts that are what they seem', () => {
    const lists = Object.entries(compose.services).flatMap(([name, { command, entrypoint, healthcheck }]) =>
      [command, entrypoint, healthcheck?.test].map((words) => ({ name, words: words ?? [] })),
    );
    // In YAML `a ? 0: 1` is no text but a mapping.
    for (const { name, words } of lists)
      expect([name, words.filter((word) => typeof word !== 'string')]).toEqual([name, []]);
    for (const name of SERVICES) {
      const [, program, , script] = compose.services[name]!.healthcheck!.test;
      expect(program).toBe('node');
      expect(() => new Script(script!)).not.toThrow();
    }
  });

  it('names only settings that there are', () => {
    const known = new Set(read('libs', 'composition', 'src', 'settings.ts').match(/SEDGE_\w+/g));
    for (const name of PASSED_ON) known.add(name);
    const chart = readdirSync(join(ROOT, 'deploy', 'helm', 'sedge', 'templates'))
      .filter((file) => file !== 'workers.yaml')
      .map((file) => read('deploy', 'helm', 'sedge', 'templates', file));
    const names = [...chart.join('\n').matchAll(/name: (SEDGE_\w+)/g)].map(([, name]) => name!);
    const all = [...names, ...SERVICES.flatMap((service) => Object.keys(compose.services[service]!.environment!))];
    expect(names.length).toBeGreaterThan(15);
    expect(all.filter((name) => !known.has(name) && !known.has(name.replace(/_FILE$/, '')))).toEqual([]);
  });

  it('keeps secrets from other users', () => {
    for (const file of [
      'workflow/token',
      'training/SEDGE_DATABASE_URL',
      'broker/nats-authorization.conf',
      'operator.token',
    ]) {
      expect(statSync(join(secrets, file)).mode & 0o077).toBe(0);
    }
  });

  it.skipIf(reason !== null)('gives nats-server a configuration that it takes', () => {
    // Beside each other, as they are mounted.
    const text = read('deploy', 'compose', 'nats.conf').replace('/data', join(secrets, 'data'));
    const file = join(secrets, 'broker', 'nats.conf');
    writeFileSync(file, text);
    const { status, stderr } = spawnSync(findServer('nats-server')!, ['-t', '-c', file], { encoding: 'utf8' });
    expect(stderr).toContain('configuration file');
    expect(status).toBe(0);
  });

  it.skipIf(reason !== null)('gives each service an account of the database, with a schema of its own', async () => {
    const server = await PostgresServer.start({ fsync: false });
    const accounts = readFileSync(join(secrets, 'database', 'accounts.sql'), 'utf8');
    try {
      // As after a stage was added.
      for (let times = 0; times < 2; times++) await inDatabase(server.url, accounts);
      const given = new URL(readFileSync(join(secrets, 'deployment-optimizer', 'SEDGE_DATABASE_URL'), 'utf8'));
      const url = new URL(server.url);
      [url.username, url.password] = [given.username, given.password];
      await inDatabase(url.toString(), 'CREATE TABLE deployment_optimizer.mine (id int)');
      await expect(inDatabase(url.toString(), 'CREATE TABLE training.yours (id int)')).rejects.toThrow(
        /permission denied/,
      );
    } finally {
      await server.stop();
    }
  });

  function inFolder(value: string, service: string): string {
    if (value === '/run/secrets/keys.json') return join(secrets, 'access', 'keys.json');
    return value.replace('/run/secrets/service', join(secrets, service)).replace(/\$\{\w+:-(.*)\}/, '$1');
  }
});

async function inDatabase(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}
