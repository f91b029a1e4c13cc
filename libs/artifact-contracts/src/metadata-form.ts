import type { KindMistake } from './artifact-kind.js';
import { unstorableIn } from './storable-text.js';

/** Deeper metadata would be too much for what walks it, here and in the database of the index. */
const MAX_DEPTH = 500;
/** More would only say the same again. */
const MAX_MISTAKES = 10;

/**
 * What of metadata no index can hold, whatever their kind: what is no object, and texts that no database takes.
 * @returns every mistake, up to ten
 */
export function validateForm(metadata: unknown): KindMistake[] {
  const notAnObject = typeof metadata !== 'object' || metadata === null || Array.isArray(metadata);
  if (notAnObject) return [{ path: '', message: 'the metadata must be an object' }];
  const mistakes: KindMistake[] = [];
  collect(metadata, [], mistakes);
  return mistakes;
}

function collect(value: unknown, place: string[], mistakes: KindMistake[]): void {
  const add = (message: string): unknown => mistakes.push({ path: place.map(shown).join('.'), message });
  if (mistakes.length >= MAX_MISTAKES) return;
  const held = typeof value === 'string' ? unstorableIn(value) : null;
  if (held !== null) add(`the text holds ${held}`);
  if (typeof value !== 'object' || value === null) return;
  if (place.length >= MAX_DEPTH) {
    mistakes.push({ path: '', message: `the metadata are nested deeper than ${MAX_DEPTH} levels` });
    return;
  }
  for (const [name, part] of Object.entries(value)) {
    place.push(name);
    const unstorable = unstorableIn(name);
    if (unstorable !== null) add(`its name holds ${unstorable}`);
    collect(part, place, mistakes);
    place.pop();
  }
}

/** A mistake is written down where the metadata can't be. */
const shown = (name: string): string => (unstorableIn(name) === null ? name : JSON.stringify(name).slice(1, -1));
