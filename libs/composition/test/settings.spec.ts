import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SettingsError, readSettings } from '../src/index.js';

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
    expect(readSettings({ SEDGE_HOME: '/data' }).border).toEqual({ folders: null, closed: ['/data'] });
    expect(readSettings(keys).border).toEqual({ folders: [], closed: ['/data', '/access'] });
    const both = { ...keys, SEDGE_INPUT_FOLDERS: '/srv/words:/mnt/more/', SEDGE_TOKEN_FILE: '/srv/token' };
    expect(readSettings(both).border).toEqual({
      folders: ['/srv/words', '/mnt/more'],
      closed: ['/data', '/access', '/srv/token'],
    });
    for (const wrong of ['words', '/srv:words', '/srv::/mnt', '/srv:'])
      expect(() => readSettings({ ...keys, SEDGE_INPUT_FOLDERS: wrong })).toThrow(
        /SEDGE_INPUT_FOLDERS must be absolute/,
      );
    for (const own of ['/data', '/data/inputs', '/srv:/access/more'])
      expect(() => readSettings({ ...keys, SEDGE_INPUT_FOLDERS: own })).toThrow(/SEDGE_INPUT_FOLDERS names .*own/);
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
});
