// Makes everything secret that separate services need, as files: keys and tokens, users of the broker and of the database, keys of the store.
// What is there stays as it is, so that it can be run again after a stage was added.
// usage: node deploy/prepare.mjs --folder FOLDER [--nats HOST:PORT] [--postgres HOST:PORT/DATABASE] [--tls] [--stage NAME …] [--worker STAGE/TOOL …]
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AccessFolder, BrokerUsers, writeSecretFile } from '@sedge/composition';
import { stages as allStages } from '../tools/dev/stages.mjs';

/** A year and a month: services read their token anew at each use, so another one is written in time. */
const TOKEN_DAYS = 400;

function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: {
      folder: { type: 'string' },
      nats: { type: 'string', default: 'nats:4222' },
      postgres: { type: 'string', default: 'postgres:5432/sedge' },
      tls: { type: 'boolean', default: false },
      stage: { type: 'string', multiple: true, default: allStages() },
      worker: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.folder === undefined) throw new Error('--folder is missing: where the files are to lie');
  const wrong = values.stage.find((name) => !/^[a-z][a-z0-9-]*$/.test(name));
  if (wrong !== undefined) throw new Error(`--stage '${wrong}' is no name of a stage: lower-case letters, digits, -`);
  const notTool = values.worker.find((name) => !/^[a-z][a-z0-9-]*\/[a-z][a-z0-9.-]*$/.test(name));
  if (notTool !== undefined) throw new Error(`--worker '${notTool}' is no STAGE/TOOL`);
  return { ...values, folder: resolve(process.env.INIT_CWD ?? '.', values.folder) };
}

/** Gives a password that is kept in a file. */
async function passwordIn(file) {
  if (!existsSync(file)) await writeSecretFile(file, randomBytes(24).toString('base64url'));
  return (await readFile(file, 'utf8')).trim();
}

async function prepare({ folder, nats, postgres, tls, stage: stages, worker }) {
  const at = (...names) => join(folder, ...names);
  const services = ['workflow', ...stages];
  for (const name of ['', 'access', 'broker', 'database', 'store', ...services]) {
    await mkdir(at(name), { recursive: true, mode: 0o700 });
  }
  const access = new AccessFolder(at('access'));
  await access.makeKeys();
  const parties = [
    { kind: 'workflow' },
    ...stages.map((stage) => ({ kind: 'stage', stage })),
    ...worker.map((name) => ({ kind: 'worker', stage: name.split('/')[0], tool: name.split('/')[1] })),
  ];
  const users = await BrokerUsers.open(at('broker', 'broker-users.json'), parties);
  const natsUrl = `${tls ? 'tls' : 'nats'}://${nats}`;
  await writeSecretFile(at('broker', 'nats-authorization.conf'), users.configuration);
  await writeSecretFile(at('broker', 'operator-url'), users.urlFor('operator', natsUrl));
  await passwordIn(at('database', 'administrator'));
  const accessKey = await passwordIn(at('store', 'access-key'));
  const secretKey = await passwordIn(at('store', 'secret-key'));
  const statements = [];
  for (const service of services) {
    const schema = service.replaceAll('-', '_');
    const password = await passwordIn(at('database', service));
    statements.push(...accountOf(schema, password));
    const mode = tls ? '?sslmode=verify-full' : '';
    const files = {
      SEDGE_NATS_URL: users.urlFor(service, natsUrl),
      SEDGE_DATABASE_URL: `postgres://sedge_${schema}:${password}@${postgres}${mode}`,
      SEDGE_S3_ACCESS_KEY: accessKey,
      SEDGE_S3_SECRET_KEY: secretKey,
    };
    for (const [name, text] of Object.entries(files)) await writeSecretFile(at(service, name), text);
    await tokenIn(at(service, 'token'), access, { subject: `service:${service}`, scope: 'read', team: null });
  }
  await writeSecretFile(at('database', 'accounts.sql'), `${statements.join('\n')}\n`);
  await tokenIn(at('operator.token'), access, { subject: 'operator', scope: 'admin', team: null });
  process.stdout.write(
    `${services.length} services, their secrets are in ${folder}; ${at('operator.token')} is yours\n`,
  );
}

async function tokenIn(file, access, caller) {
  if (existsSync(file)) return;
  const issuedAt = new Date();
  const expiresAt = new Date(issuedAt.getTime() + TOKEN_DAYS * 24 * 3600 * 1000);
  await writeSecretFile(file, `${await access.token(caller, { issuedAt, expiresAt })}\n`);
}

/** A schema and a user that owns it and may do nothing else; run again, it renews the password. Names and passwords hold no quotes. */
const accountOf = (schema, password) => [
  `DO $$ BEGIN CREATE ROLE sedge_${schema}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;`,
  `ALTER ROLE sedge_${schema} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '${password}';`,
  `CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION sedge_${schema};`,
];

try {
  await prepare(optionsOf(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(
    `${error.message}\nusage: node deploy/prepare.mjs --folder FOLDER [--nats HOST:PORT] [--postgres HOST:PORT/DATABASE] [--tls]\n`,
  );
  process.exit(2);
}
