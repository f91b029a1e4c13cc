import { join } from 'node:path';
import { BrokerUsers, BrokerUsersError, prepareStreams, readSecret, writeSecretFile } from '@sedge/composition';
import type { Party } from '@sedge/event-contracts';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

export interface MadeBrokerUsers {
  users: string[];
  /** file for nats-server */
  configuration: string;
  /** file of the passwords by user */
  passwords: string;
}

/**
 * Writes the users of a broker and what each may do, keeping users and passwords that are there.
 * @param without users that are taken away
 * @throws CommandError where what is there can't be read, or a user to take away is not there
 */
export async function makeBrokerUsers(
  folder: string,
  parties: readonly Party[],
  without: readonly string[],
): Promise<MadeBrokerUsers> {
  const passwords = join(folder, 'broker-users.json');
  const configuration = join(folder, 'nats-authorization.conf');
  const made = await BrokerUsers.open(passwords, parties, without).catch((error: Error) => {
    if (!(error instanceof BrokerUsersError)) throw error;
    throw new CommandError('CLI_BROKER_USERS_INVALID', error.message, EXIT.environment, error.mend);
  });
  await writeSecretFile(configuration, made.configuration);
  return { users: made.names, configuration, passwords };
}

/** @throws CommandError where the broker can't be used */
export async function prepareStreamsAt(url: string, caFile: string | null): Promise<void> {
  await prepareStreams(url, caFile).catch((error: Error & { mend?: string }) => {
    throw new CommandError('CLI_BROKER_UNUSABLE', error.message, EXIT.environment, error.mend);
  });
}

/** The address of the broker, out of SEDGE_NATS_URL or the file that SEDGE_NATS_URL_FILE names. */
export function brokerUrlIn(environment: Record<string, string | undefined>): string | undefined {
  try {
    return readSecret(environment, 'SEDGE_NATS_URL');
  } catch (error) {
    throw new CommandError('CLI_NO_BROKER', (error as Error).message, EXIT.usage, 'correct the path, or unset it');
  }
}
