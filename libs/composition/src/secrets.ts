import { SECRET_VARIABLES, type Settings } from './settings.js';

type Environment = Record<string, string | undefined>;

/** What stands for a secret that was taken out of a text. */
const MASK = '***';
/** What is shorter may be part of any word. */
const SHORTEST = 6;

/**
 * Takes settings that hold secrets out of the environment: whatever this process starts inherits it.
 * @returns those that were there
 */
export function takeSecrets(environment: Environment): Environment {
  const taken = SECRET_VARIABLES.filter((name) => environment[name] !== undefined);
  const secrets = Object.fromEntries(taken.map((name) => [name, environment[name]]));
  for (const name of taken) delete environment[name];
  return secrets;
}

/** The secrets that a process knows of. */
export function secretsOf({ events, state, artifacts }: Settings): string[] {
  return [
    ...(events.kind === 'nats' ? passwordsIn(events.url) : []),
    ...(state.kind === 'postgres' ? passwordsIn(state.url) : []),
    ...(artifacts.kind === 's3' ? [artifacts.secretKey] : []),
  ];
}

/** As it is written in the address, and as it is. */
function passwordsIn(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { password } = new URL(address);
  return [password, decodeURIComponent(password)];
}

/** Password of an address; an access token behind its scheme; one anywhere. */
const PATTERNS: readonly [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@"']*):[^\s/@"']+@/gi, `$1:${MASK}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, MASK],
];

/** Gives the function that takes secrets out of texts before anybody sees them. @param secrets that the process knows of */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= SHORTEST);
  return (text) => {
    const masked = known.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
    return PATTERNS.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), masked);
  };
}
