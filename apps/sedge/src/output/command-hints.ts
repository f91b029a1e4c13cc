import { shellWord } from './shell-word.js';

/** What the user gave to say which Sedge is meant. */
export interface SedgeOptions {
  dataDir?: string;
  server?: string;
  tokenFile?: string;
}

/** Verbs that ask no Sedge for anything. */
const LOCAL = new Set(['up', 'init', 'token', 'broker', 'doctor', 'conform', 'help']);
const COMMAND = /\bnpx sedge (?=([a-z][a-z-]*))(?![a-z][^\n;,)]* --help)/g;

/**
 * Gives the function that completes each `npx sedge VERB …` of a text, so that what is typed as shown goes to the same Sedge.
 * @example completing({ server: 'http://far:7350' })('npx sedge retry r1') === 'npx sedge --server http://far:7350 retry r1'
 */
export function completing({ dataDir, server, tokenFile }: SedgeOptions): (text: string) => string {
  const folder = wordsOf('--data-dir', dataDir);
  const all = `${folder}${wordsOf('--server', server)}${wordsOf('--token-file', tokenFile)}`;
  return (text) => text.replace(COMMAND, (found, verb: string) => `${found}${LOCAL.has(verb) ? folder : all}`);
}

const wordsOf = (option: string, value: string | undefined): string =>
  value === undefined ? '' : `${option} ${shellWord(value)} `;
