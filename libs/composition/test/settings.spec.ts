import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SettingsError, readSettings } from '../src/index.js';
import { isKnownName } from '../src/setting-names.js';
import { SETTING_NAMES } from '../src/settings.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

describe('settings of a process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedge-settings-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('take what is secret from files', () => {
    const file = join(folder, 'url');
    writeFileSync(file, 'nats://training:secret@nats:4222\n');
    const { events } = readSettings({ SEDGE_EVENTS: 'nats', SEDGE_NATS_URL_FILE: file });
    expect(events).toEqual({ kind: 'nats', url: 'nats://training:secret@nats:4222' });
  });

  it('name the files that are missing, all of them, and never what a file holds', () => {
    const file = join(folder, 'wrong');
    writeFileSync(file, 'hush');
    const missing = { SEDGE_NATS_URL_FILE: '/no/url', SEDGE_DATABASE_URL_FILE: '/no/database' };
    expect(() => readSettings(missing)).toThrow(/SEDGE_NATS_URL_FILE .*; SEDGE_DATABASE_URL_FILE /);
    const read = (): unknown => readSettings({ SEDGE_EVENTS: 'nats', SEDGE_NATS_URL_FILE: file });
    expect(read).toThrow(SettingsError);
    expect(read).not.toThrow(/hush/);
  });

  it('say from where inputs come: from everywhere for who is alone, from nowhere unless it is said where tokens are asked for', () => {
    const keys = { SEDGE_HOME: '/data', SEDGE_ACCESS_KEYS: '/access/keys.json' };
    const nothing = { names: [], networks: [] };
    expect(readSettings({ SEDGE_HOME: '/data' }).border).toEqual({ folders: null, closed: ['/data'], hosts: null });
    expect(readSettings(keys).border).toEqual({ folders: [], closed: ['/data', '/access'], hosts: nothing });
    const both = { ...keys, SEDGE_INPUT_FOLDERS: '/srv/words:/mnt/more/', SEDGE_TOKEN_FILE: '/srv/token' };
    expect(readSettings(both).border).toEqual({
      folders: ['/srv/words', '/mnt/more'],
      closed: ['/data', '/access', '/srv/token'],
      hosts: nothing,
    });
    for (const wrong of ['words', '/srv:words', '/srv::/mnt', '/srv:'])
      expect(() => readSettings({ ...keys, SEDGE_INPUT_FOLDERS: wrong })).toThrow(
        /SEDGE_INPUT_FOLDERS must be absolute/,
      );
    for (const own of ['/data', '/data/inputs', '/srv:/access/more'])
      expect(() => readSettings({ ...keys, SEDGE_INPUT_FOLDERS: own })).toThrow(/SEDGE_INPUT_FOLDERS names .*own/);
  });

  it('say which hosts inputs come from beside those of the internet', () => {
    const hostsOf = (text: string): unknown => readSettings({ SEDGE_INPUT_HOSTS: text }).border.hosts;
    expect(hostsOf('MinIO.internal, *.example.org,10.1.2.3,10.0.0.0/8,fd00:1234::/32')).toEqual({
      names: ['minio.internal', '*.example.org'],
      networks: [
        { address: '10.1.2.3', bits: 32, family: 'ipv4' },
        { address: '10.0.0.0', bits: 8, family: 'ipv4' },
        { address: 'fd00:1234::', bits: 32, family: 'ipv6' },
      ],
    });
    expect(readSettings({ SEDGE_ACCESS_KEYS: '/keys', SEDGE_INPUT_HOSTS: '*' }).border.hosts).toBeNull();
  });

  it.each([
    'http://minio',
    'minio:9000',
    '10.0.0.0/33',
    '10.0.0',
    '10.0.0.256',
    '*.',
    '',
    'a b',
    'minio/8',
    '1.2.3.4/',
    '-a',
  ])('refuse a host that is none, with its place: %s', (text) => {
    const read = (): unknown => readSettings({ SEDGE_INPUT_HOSTS: `first,${text}` });
    expect(read).toThrow(`SEDGE_INPUT_HOSTS, part 2 ('${text}') is neither a name nor a network: write names`);
  });

  it('refuse everything beside something', () => {
    expect(() => readSettings({ SEDGE_INPUT_HOSTS: 'a,*' })).toThrow(/part 2 \('\*'\) stands for everything: leave/);
  });

  it('say which team owns which stage, also one of somebody else’s', () => {
    const teamsOf = (text: string): unknown => readSettings({ SEDGE_TEAMS: text }).access.teams;
    expect(teamsOf('training=vision, benchmark=vision,denoising=sound')).toEqual({
      training: 'vision',
      benchmark: 'vision',
      denoising: 'sound',
    });
    expect(teamsOf('')).toEqual({});
  });

  it.each([
    ['training=a,trainin=b', "part 2 ('trainin=b') names a stage that there is not: write training=b"],
    ['Training=a', 'write training=a, if that is meant (there are benchmark, '],
    ['benchmark=a,benchmark=b', "part 2 ('benchmark=b') gives benchmark a second owner beside a: leave one of the two"],
    ['vision=training', "part 1 ('vision=training') names the team first: write training=vision"],
    ['training', "part 1 ('training') is no STAGE=TEAM: write it like training=vision"],
    ['training=a,', "part 2 ('') is no STAGE=TEAM"],
    ['training=a=b', "part 1 ('training=a=b') is no STAGE=TEAM"],
    ['training:a', "part 1 ('training:a') is no STAGE=TEAM"],
  ])('refuse teams that leave a stage open by mistake: %s', (text, sentence) => {
    expect(() => readSettings({ SEDGE_TEAMS: text })).toThrow(SettingsError);
    expect(() => readSettings({ SEDGE_TEAMS: text })).toThrow(sentence);
  });

  it('refuse addresses that are none, all at once with what else is wrong, and show no secret', () => {
    const wrong = {
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: 'nats://training:hush@broker:99999',
      SEDGE_URL: 'http://training:7350x',
      SEDGE_TEAMS: 'trainin=b',
    };
    const read = (): unknown => readSettings(wrong);
    expect(read).toThrow(/SEDGE_TEAMS.*SEDGE_NATS_URL is no .*SEDGE_URL is no/);
    expect(read).not.toThrow(/hush/);
  });

  it('name the address of all copies, which is that of the process where there is one', () => {
    expect(readSettings({ SEDGE_URL: 'http://10.0.0.1:7350' }).serviceUrl).toBe('http://10.0.0.1:7350');
    const both = { SEDGE_URL: 'http://10.0.0.1:7350', SEDGE_SERVICE_URL: 'http://training:7350' };
    expect(readSettings(both)).toMatchObject({ url: both.SEDGE_URL, serviceUrl: both.SEDGE_SERVICE_URL });
  });

  it('say where Jobs of a cluster lie, and what is wrong with it', () => {
    const uid = '01234567-89ab-cdef-0123-456789abcdef';
    const { containers } = readSettings({
      SEDGE_CONTAINERS: 'kubernetes',
      SEDGE_KUBERNETES_CLAIM: 'work:/var/lib/sedge',
      SEDGE_KUBERNETES_POD: `training-0/${uid}`,
    });
    expect(containers).toEqual({
      kind: 'kubernetes',
      place: {
        claim: { name: 'work', mountedAt: '/var/lib/sedge' },
        pod: { name: 'training-0', uid },
        node: null,
      },
    });
    expect(() => readSettings({ SEDGE_CONTAINERS: 'kubernetes' })).toThrow(/SEDGE_KUBERNETES_CLAIM/);
  });

  it('refuse a name that is nearly one of theirs, with what was meant, and leave other names to others', () => {
    const misspelt = {
      SEDGE_TEAM: 'training=vision',
      SEDGE_ACESS_KEYS: '/k',
      SEDGE_PARALEL_STEPS: '2',
      SEDGE_NATS_URL_FILES: 'x',
    };
    expect(() => readSettings(misspelt)).toThrow(
      /SEDGE_TEAM is no setting; did you mean SEDGE_TEAMS\?; SEDGE_ACESS_KEYS .* SEDGE_ACCESS_KEYS\?; SEDGE_PARALEL_STEPS .* SEDGE_PARALLEL_STEPS\?; SEDGE_NATS_URL_FILES .* SEDGE_NATS_URL_FILE\?/,
    );
    const others = {
      SEDGE_TEST_SEED: '1',
      SEDGE_INDEX_PYTORCH_CPU: 'http://m',
      SEDGE_NATS_SERVICE_PORT: '4222',
      SEDGE_TEAM: '',
    };
    expect(readSettings({ ...others, SEDGE_CONTAINER_OPTIONS: '--x', SEDGE_JOB: 'j' }).access.teams).toEqual({});
  });

  it('are known by all names that are written in the sources', () => {
    const patterns = ['apps/*/src/*.ts', 'libs/*/src/*.ts', 'tools/dev/*.mjs'];
    const files = execFileSync('git', ['ls-files', ...patterns], { cwd: ROOT, encoding: 'utf8' })
      .trim()
      .split('\n');
    const texts = files
      .filter((file) => !file.endsWith('.spec.ts'))
      .map((file) => readFileSync(join(ROOT, file), 'utf8'));
    const written = new Set(texts.flatMap((text) => text.match(/\bSEDGE_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []));
    expect(written.size).toBeGreaterThan(40);
    // Streams of the broker, which are no variables.
    for (const stream of ['SEDGE_PROGRESS', 'SEDGE_DEAD_LETTERS']) written.delete(stream);
    expect([...written].filter((name) => !isKnownName(name, SETTING_NAMES))).toEqual([]);
  });
});
