// The users of a cluster's broker: each service and each party outside has a password of its own, kept in a file that nobody else may read.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { OPERATOR, authorizationConfig, brokerUsers } from '@sedge/adapter-nats';
import { partOf } from '@sedge/event-contracts';
import { writeSecret } from './access-keys.mjs';

export class BrokerUsers {
  #passwords;

  /** Takes the passwords that are in the file, makes those that are missing, and keeps them. */
  static async open(file, parties) {
    const users = new BrokerUsers();
    users.#passwords = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
    users.parties = parties;
    for (const user of [OPERATOR, ...parties.map((party) => partOf(party).user)])
      users.#passwords[user] ??= randomBytes(24).toString('base64url');
    await writeSecret(file, JSON.stringify(users.#passwords, null, 2));
    return users;
  }

  /** Who may do what, as nats-server wants it. */
  get configuration() {
    return authorizationConfig(brokerUsers(this.parties, (user) => this.#passwords[user]));
  }

  passwordOf(user) {
    return this.#passwords[user];
  }

  /** The address of the broker for one of them. */
  urlFor(user, address) {
    const url = new URL(address);
    url.username = user;
    url.password = this.#passwords[user];
    return url.toString().replace(/\/$/, '');
  }
}
