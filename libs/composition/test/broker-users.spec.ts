import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Party } from '@sedge/event-contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerUsers, BrokerUsersError } from '../src/index.js';

const SERVICES: Party[] = [{ kind: 'workflow' }, { kind: 'stage', stage: 'training' }];
const OUTSIDE: Party[] = [
  { kind: 'worker', stage: 'training', tool: 'judge-value' },
  { kind: 'bystander', name: 'reviewer' },
];

describe('users of the broker that are kept', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-users-'));
    file = join(folder, 'broker-users.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const passwords = async (): Promise<Record<string, string>> =>
    JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;

  it('stay, with what they may do, when they are not named again', async () => {
    const first = await BrokerUsers.open(file, [...SERVICES, ...OUTSIDE]);
    const before = await passwords();
    const second = await BrokerUsers.open(file, [{ kind: 'workflow' }, { kind: 'stage', stage: 'benchmark' }]);
    const { benchmark, ...others } = await passwords();
    expect([others, benchmark]).toEqual([before, expect.stringMatching(/.{20}/)]);
    expect(second.names).toEqual([...first.names, 'benchmark']);
    expect((await BrokerUsers.open(file, SERVICES)).configuration).toBe(second.configuration);
    expect(second.configuration).toContain(before['worker-judge-value']);
  });

  it('go when they are taken away, and no others', async () => {
    await BrokerUsers.open(file, [...SERVICES, ...OUTSIDE]);
    const { 'worker-judge-value': gone, ...others } = await passwords();
    const left = await BrokerUsers.open(file, SERVICES, ['worker-judge-value']);
    expect(await passwords()).toEqual(others);
    expect(left.configuration).not.toContain(gone);
    await expect(BrokerUsers.open(file, [], ['worker-judge-value'])).rejects.toThrow(/no user 'worker-judge-value'/);
  });

  it('are those of a folder of an earlier version, which knew passwords only', async () => {
    await BrokerUsers.open(file, [...SERVICES, ...OUTSIDE]);
    const before = await passwords();
    await rm(join(folder, 'broker-parties.json'));
    const again = await BrokerUsers.open(file, [{ kind: 'workflow' }]);
    expect(await passwords()).toEqual(before);
    expect(again.names).toEqual(['operator', 'workflow', 'training', 'bystander-reviewer']);
    // Of which stage the worker is, nobody wrote down; named again, it has its password.
    const named = await BrokerUsers.open(file, OUTSIDE);
    expect(named.configuration).toContain(before['worker-judge-value']);
  });

  it.each(['{"training": ', '[]', '{"training": 5}', 'null'])('are not replaced where the file is %s', async (text) => {
    await writeFile(file, text);
    const error = await BrokerUsers.open(file, SERVICES).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrokerUsersError);
    expect((error as Error).message).toContain(file);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it.each(['{}', '[null]', '[{"kind": "stage"}]', '[{"kind": "king"}]'])(
    'nor where the parties are %s',
    async (text) => {
      await BrokerUsers.open(file, SERVICES);
      const before = await passwords();
      await writeFile(join(folder, 'broker-parties.json'), text);
      await expect(BrokerUsers.open(file, SERVICES)).rejects.toThrow(/broker-parties\.json/);
      expect(await passwords()).toEqual(before);
    },
  );
});
