import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** A case as it is written: places are folders or artifact ids. */
export interface WrittenCase {
  name: string;
  in: Record<string, string | string[]>;
  with: Record<string, unknown>;
  out: Record<string, string>;
  /** where relative places start */
  baseDirectory: string;
}

const EXAMPLE = 'write it as  small: { in: { features: ./features }, with: { seed: 3 }, out: { model: ./model } }';

/**
 * Reads the cases of a file.
 * @throws CommandError that names the file and the place in it
 */
export async function readCaseFile(file: string): Promise<WrittenCase[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const isAbsent = error.code === 'ENOENT';
    const message = isAbsent ? `there is no file '${file}'` : `'${file}' can't be read: ${error.message}`;
    throw new CommandError('CONFORM_CASES_UNUSABLE', message, isAbsent ? EXIT.notFound : EXIT.usage, EXAMPLE);
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw wrong(file, (error as Error).message);
  }
  if (!isRecord(value) || Object.keys(value).length === 0) throw wrong(file, 'it holds no cases by name');
  return Object.entries(value).map(([name, written]) => caseOf(file, name, written));
}

function caseOf(file: string, name: string, written: unknown): WrittenCase {
  if (!isRecord(written)) throw wrong(file, `${name} is no case`);
  const strange = Object.keys(written).find((key) => !['in', 'with', 'out'].includes(key));
  if (strange !== undefined) throw wrong(file, `${name}.${strange} is unknown; a case has in, with and out`);
  const { in: inputs = {}, with: parameters = {}, out = {} } = written;
  for (const [key, part] of Object.entries({ in: inputs, with: parameters, out })) {
    if (!isRecord(part)) throw wrong(file, `${name}.${key} is no map`);
  }
  for (const [key, place] of Object.entries(inputs as object)) {
    const isPlace =
      typeof place === 'string' || (Array.isArray(place) && place.every((one) => typeof one === 'string'));
    if (!isPlace) throw wrong(file, `${name}.in.${key} is no folder, no artifact id, and no list of them`);
  }
  for (const [key, place] of Object.entries(out as object)) {
    if (typeof place !== 'string') throw wrong(file, `${name}.out.${key} is no folder and no artifact id`);
  }
  const baseDirectory = dirname(resolve(file));
  return { name, in: inputs, with: parameters, out, baseDirectory } as WrittenCase;
}

/**
 * The one case that the command line gives.
 * @param inputs each `NAME=PLACE`; a name that comes again is one of many
 * @param settings each `NAME=VALUE`, where the value is YAML as in a workflow
 */
export function caseOfOptions(inputs: readonly string[], settings: readonly string[]): WrittenCase {
  const places: WrittenCase['in'] = {};
  for (const option of inputs) {
    const [name, place] = assignment('--in', option, 'features=./features');
    const before = places[name];
    places[name] = before === undefined ? place : [before, place].flat();
  }
  const parameters: Record<string, unknown> = {};
  for (const option of settings) {
    const [name, value] = assignment('--set', option, 'seed=3');
    try {
      parameters[name] = parse(value);
    } catch (error) {
      throw new CommandError(
        'CLI_BAD_SET',
        `--set '${option}': ${(error as Error).message}`,
        EXIT.usage,
        'quote the value',
      );
    }
  }
  return { name: 'given', in: places, with: parameters, out: {}, baseDirectory: process.cwd() };
}

function assignment(flag: string, option: string, example: string): [string, string] {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9]*)=([\s\S]+)$/.exec(option) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new CommandError('CLI_BAD_SET', `${flag} '${option}' is no assignment`, EXIT.usage, `write ${flag} ${example}`);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const wrong = (file: string, reason: string): CommandError =>
  new CommandError('CONFORM_CASES_UNUSABLE', `${file}: ${reason}`, EXIT.usage, EXAMPLE);
