// What of the user's environment is for the services of a cluster: how they work, not how they are wired, which the cluster sets itself.
import { delimiter, resolve } from 'node:path';

/** What a cluster sets for each service, or could not work with another of. */
const WIRING = [
  ...['HOME', 'HOST', 'PORT', 'URL', 'SERVICE_URL', 'ACCESS_KEYS', 'TOKEN_FILE', 'CA_FILE', 'INPUT_FOLDERS'],
  ...['EVENTS', 'NATS_URL', 'STATE', 'DATABASE_URL', 'ARTIFACTS'],
  ...['S3_URL', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_REGION'],
  ...['NATS_URL_FILE', 'DATABASE_URL_FILE', 'S3_ACCESS_KEY_FILE', 'S3_SECRET_KEY_FILE'],
].map((name) => `SEDGE_${name}`);
/** The user's own, for commands: no service's business. */
const OF_COMMANDS = ['SEDGE_TOKEN'];
/** Folders; services run in another one than the user. */
const FOLDERS = ['SEDGE_TOOLS_DIR', 'SEDGE_ENVIRONMENTS_DIR'];

/**
 * @param environment of the user
 * @param from folder against which relative paths count
 * @param stages that there are
 * @returns settings for every service, and lines for the user about what is passed on and what is not
 */
export function userSettings(environment, from, stages) {
  const given = Object.entries(environment).filter(([name, text]) => name.startsWith('SEDGE_') && text !== '');
  const passed = given.filter(([name]) => ![...WIRING, ...OF_COMMANDS].includes(name));
  const ignored = given.map(([name]) => name).filter((name) => WIRING.includes(name));
  const settings = Object.fromEntries(passed.map(([name, text]) => [name, absolute(name, text, from)]));
  const lines = [
    ...(passed.length > 0 ? [`Every service gets from your environment: ${Object.keys(settings).join(', ')}`] : []),
    ...(ignored.length > 0
      ? [
          `Ignored, since up:distributed sets it itself (see --data-dir, --port and its other options): ${ignored.join(', ')}`,
        ]
      : []),
    ...strangersIn(settings['SEDGE_TEAMS'] ?? '', stages),
  ];
  return { settings, lines };
}

/**
 * Reads settings as each service will, before any is started. Needs the TypeScript built.
 * @throws Error that names all that are wrong or misspelt, with the exit code 2
 */
export async function assertSettings(settings) {
  const { readSettings } = await import('@sedge/composition');
  try {
    readSettings(settings);
  } catch (error) {
    if (error.code !== 'SETTINGS_INVALID') throw error;
    throw Object.assign(new Error(`${error.message}\n  ${error.mend}`), { exitCode: 2 });
  }
}

function absolute(name, text, from) {
  if (!FOLDERS.includes(name)) return text;
  const folders = text.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => resolve(from, folder)).join(delimiter);
}

/** A stage that is misspelt has no owner: then every team may do its jobs. */
function strangersIn(teams, stages) {
  const named = teams.split(',').flatMap((pair) => (pair.includes('=') ? [pair.split('=')[0]] : []));
  const strange = named.filter((stage) => !stages.includes(stage));
  if (strange.length === 0) return [];
  return [`SEDGE_TEAMS names ${strange.join(', ')}, but no stage has that name; there are ${stages.join(', ')}`];
}
