import { join } from 'node:path';
import { BrokerUsers, prepareStreams, readSecret, writeSecretFile } from '@sedge/composition';
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

/** Writes the users of a broker and what each may do, keeping passwords that are there. */
export async function makeBrokerUsers(folder: string, parties: readonly Party[]): Promise<MadeBrokerUsers> {
  const passwords = join(folder, 'broker-users.json');
  const configuration = join(folder, 'nats-authorization.conf');
  const made = await BrokerUsers.open(passwords, parties);
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
