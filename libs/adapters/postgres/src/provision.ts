import pg from 'pg';
import { trusting } from './trusting.js';

/** A service's own place in a database. */
export interface ServiceAccount {
  schema: string;
  user: string;
  password: string;
}

/**
 * Gives each service a schema of its own and a user that owns it and may do nothing else. May be run again: passwords are renewed.
 * @param adminUrl of a user that may create roles and schemas
 * @param caFile PEM file of the authorities that may vouch for the server
 */
export async function provisionServices(
  adminUrl: string,
  accounts: readonly ServiceAccount[],
  caFile: string | null = null,
): Promise<void> {
  const client = new pg.Client({ connectionString: trusting(adminUrl, caFile) });
  await client.connect();
  try {
    await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    for (const account of accounts) await provision(client, account);
  } finally {
    await client.end();
  }
}

async function provision(client: pg.Client, { schema, user, password }: ServiceAccount): Promise<void> {
  const [name, place, secret] = [pg.escapeIdentifier(user), pg.escapeIdentifier(schema), pg.escapeLiteral(password)];
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [user]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD ${secret}`);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${place} AUTHORIZATION ${name}`);
}

/** The address of a database for one of its users. */
export function urlFor(adminUrl: string, { user, password }: ServiceAccount): string {
  const url = new URL(adminUrl);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.toString();
}
