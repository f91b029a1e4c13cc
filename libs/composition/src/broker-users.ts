import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OPERATOR, authorizationConfig, brokerUsers, prepareBroker } from '@sedge/adapter-nats';
import { partOf, type Party } from '@sedge/event-contracts';
import { writeSecretFile } from './secret-file.js';

const PASSWORD_BYTES = 24;
const PATIENCE_MS = 10_000;

/** The users of a broker: an operator, and one for each service and each party outside, with a password of its own. */
export class BrokerUsers {
  private constructor(
    private readonly parties: readonly Party[],
    private readonly passwords: Record<string, string>,
  ) {}

  /**
   * Takes the passwords that are in a file, makes those that are missing, and keeps them there.
   * @param file which nobody else may read
   */
  static async open(file: string, parties: readonly Party[]): Promise<BrokerUsers> {
    const known = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, string>;
    const users = [OPERATOR, ...parties.map((party) => partOf(party).user)];
    const passwords = Object.fromEntries(
      users.map((user) => [user, known[user] ?? randomBytes(PASSWORD_BYTES).toString('base64url')]),
    );
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeSecretFile(file, `${JSON.stringify(passwords, null, 2)}\n`);
    return new BrokerUsers(parties, passwords);
  }

  get names(): string[] {
    return Object.keys(this.passwords);
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
