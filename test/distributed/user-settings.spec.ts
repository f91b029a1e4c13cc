import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assertSettings, userSettings } from '../../tools/dev/distributed/user-settings.mjs';

const STAGES = ['benchmark', 'training'];
const of = (environment: Record<string, string>): ReturnType<typeof userSettings> =>
  userSettings(environment, '/home/me', STAGES);

describe("settings of the user's environment", () => {
  it('reach the services where they say how these work, with folders of the place where they were given', () => {
    const wanted = {
      SEDGE_LEASE_S: '5',
      SEDGE_LOG_LEVEL: 'debug',
      SEDGE_PARALLEL_STEPS: '3',
      SEDGE_CONTAINERS: 'engine',
      SEDGE_CONTAINER_OPTIONS: '--root /x',
      SEDGE_TEAMS: 'training=vision',
    };
    const { settings, lines } = of({ ...wanted, SEDGE_TOOLS_DIR: 'tools:/srv/tools', PATH: '/bin', SEDGE_CORES: '' });
    expect(settings).toEqual({ ...wanted, SEDGE_TOOLS_DIR: '/home/me/tools:/srv/tools' });
    expect(lines).toEqual([`Every service gets from your environment: ${Object.keys(settings).join(', ')}`]);
  });

  it('do not where a cluster sets them, which is said without what they hold', () => {
    const { settings, lines } = of({ SEDGE_HOME: '/else', SEDGE_NATS_URL: 'nats://a:hush@b', SEDGE_TOKEN: 'hush' });
    expect(settings).toEqual({});
    expect(lines).toEqual([expect.stringMatching(/^Ignored, .*--data-dir.*: SEDGE_HOME, SEDGE_NATS_URL$/)]);
    expect(of({ PATH: '/bin' })).toEqual({ settings: {}, lines: [] });
  });

  it('name stages that there are not', () => {
    const { settings, lines } = of({ SEDGE_TEAMS: 'trainin=a,benchmark=b' });
    expect(settings).toEqual({ SEDGE_TEAMS: 'trainin=a,benchmark=b' });
    expect(lines[1]).toBe('SEDGE_TEAMS names trainin, but no stage has that name; there are benchmark, training');
  });

  it('are read before anything is started, and what is wrong or misspelt is told all at once', async () => {
    const wrong = { SEDGE_TEAM: 'training=vision', SEDGE_LEASE_S: 'soon' };
    await expect(assertSettings(wrong)).rejects.toMatchObject({
      message: expect.stringMatching(/SEDGE_TEAM is no setting; did you mean SEDGE_TEAMS\?.*SEDGE_LEASE_S/) as string,
      exitCode: 2,
    });
    await expect(assertSettings({ SEDGE_TEAMS: 'training=vision', SEDGE_LEASE_S: '5' })).resolves.toBeUndefined();
  });

  it('never override what a cluster sets for a service', () => {
    const source = readFileSync('tools/dev/distributed/cluster.mjs', 'utf8');
    const set = [...source.matchAll(/\b(SEDGE_\w+):/g)].map(([, name]) => name!);
    expect(set.length).toBeGreaterThan(12);
    const { settings } = of(Object.fromEntries(set.map((name) => [name, 'mine'])));
    expect(Object.keys(settings).sort()).toEqual(['SEDGE_ENVIRONMENTS_DIR', 'SEDGE_TEAMS']);
  });
});
