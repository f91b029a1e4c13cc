import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OPERATOR, authorizationConfig, brokerUsers, prepareBroker } from '@sedge/adapter-nats';
import { partOf, type Party } from '@sedge/event-contracts';
import { writeSecretFile } from './secret-file.js';

const PASSWORD_BYTES = 24;
const PATIENCE_MS = 10_000;
const PARTIES_FILE = 'broker-parties.json';

/** A file of users or passwords is damaged, or a user is unknown: to go on would make new passwords in place of those in use. */
export class BrokerUsersError extends Error {
  readonly code = 'BROKER_USERS_INVALID';

  constructor(
    message: string,
    readonly mend: string,
    cause?: Error,
  ) {
    super(message, { cause });
    this.name = 'BrokerUsersError';
  }
}

/** The users of a broker: an operator, and one for each service and each party outside, with a password of its own. */
export class BrokerUsers {
  private constructor(
    private readonly parties: readonly Party[],
    private readonly passwords: Record<string, string>,
  ) {}

  /**
   * Takes the users and passwords that are kept, adds those that are missing, and keeps them: passwords in the file, who the users are in
   * `broker-parties.json` beside it.
   * @param file of the passwords by user, which nobody else may read
   * @param parties who is at the broker, beside those that are kept
   * @param without users that are taken away, with their passwords
   * @throws BrokerUsersError where what is kept can't be read, or a user to take away is not there
   */
  static async open(file: string, parties: readonly Party[], without: readonly string[] = []): Promise<BrokerUsers> {
    const partiesFile = join(dirname(file), PARTIES_FILE);
    const known = await kept(file, isPasswords, {});
    const before = await kept(partiesFile, isParties, []);
    const isKept = (user: string): boolean => before.some((party) => partOf(party).user === user);
    const earlier = Object.keys(known).filter((user) => !isKept(user));
    const all = [...before, ...earlier.flatMap(partyOfService), ...parties];
    // Of two with the same name the last counts: a worker's tool may have moved to another stage.
    const byUser = new Map(all.map((party) => [partOf(party).user, party]));
    const passwords: Record<string, string> = { ...known };
    for (const user of without) {
      if (!(user in known))
        throw new BrokerUsersError(`${file} has no user '${user}'`, `name one of ${Object.keys(known).join(', ')}`);
      byUser.delete(user);
      delete passwords[user];
    }
    for (const user of [OPERATOR, ...byUser.keys()]) {
      passwords[user] ??= randomBytes(PASSWORD_BYTES).toString('base64url');
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeSecretFile(file, `${JSON.stringify(passwords, null, 2)}\n`);
    await writeSecretFile(partiesFile, `${JSON.stringify([...byUser.values()], null, 2)}\n`);
    return new BrokerUsers([...byUser.values()], passwords);
  }

  get names(): string[] {
    return [OPERATOR, ...this.parties.map((party) => partOf(party).user)];
  }

  /** The part of nats-server's configuration that says who may do what. */
  get configuration(): string {
    return authorizationConfig(brokerUsers(this.parties, (user) => this.passwords[user]!));
  }

  /** How @nats-io clients say who they are. */
  credentialsOf(user: string = OPERATOR): { user: string; pass: string; inboxPrefix: string } {
    return { user, pass: this.passwords[user]!, inboxPrefix: `_INBOX.${user}` };
  }

  /** The address of the broker for a user. @param address without a user */
  urlFor(user: string, address: string): string {
    const url = new URL(address);
    url.username = user;
    url.password = this.passwords[user]!;
    return url.toString().replace(/\/$/, '');
  }

  /** Makes the broker's streams, which no service may. @param address without a user */
  async prepare(address: string, caFile: string | null): Promise<void> {
    await prepareStreams(this.urlFor(OPERATOR, address), caFile);
  }
}

/** Makes the broker's streams. @param url with a user who may */
export async function prepareStreams(url: string, caFile: string | null): Promise<void> {
  await prepareBroker({ url, caFile, name: OPERATOR, patienceMs: PATIENCE_MS, onTrouble: () => undefined });
}

/** What a file of JSON holds, `none` where there is none. */
async function kept<Value>(file: string, isRight: (value: unknown) => value is Value, none: Value): Promise<Value> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isRight(value)) return value;
    throw new Error('it holds something else than it was written with');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return none;
    const mend = 'get the file from a backup, or remove it to make new passwords and give those out';
    throw new BrokerUsersError(`${file} can't be read: ${(error as Error).message}`, mend, error as Error);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPasswords = (value: unknown): value is Record<string, string> =>
  isObject(value) && Object.values(value).every((password) => typeof password === 'string');

/** What names a party of each kind. */
const PARTY_FIELDS = { workflow: [], stage: ['stage'], worker: ['stage', 'tool'], bystander: ['name'] };

const isParties = (value: unknown): value is Party[] =>
  Array.isArray(value) &&
  value.every((party: unknown) => {
    const fields = isObject(party) ? PARTY_FIELDS[party['kind'] as Party['kind']] : undefined;
    return fields?.every((name) => typeof (party as Record<string, unknown>)[name] === 'string') ?? false;
  });

/** Who a user is whose party was not kept, as in folders of earlier versions. Of a worker's the stage can't be known: its password stays. */
function partyOfService(user: string): Party[] {
  if (user === OPERATOR || user.startsWith('worker-')) return [];
  if (user === 'workflow') return [{ kind: 'workflow' }];
  const [, name] = /^bystander-(.+)$/.exec(user) ?? [];
  return [name === undefined ? { kind: 'stage', stage: user } : { kind: 'bystander', name }];
}
