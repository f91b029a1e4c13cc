import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** Reads a count that an option gives. @throws CommandError CLI_BAD_NUMBER */
export function parseCount(text: unknown, option: string, largest: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value;
  const mend = `give a whole number from 1 to ${largest}`;
  throw new CommandError('CLI_BAD_NUMBER', `${option} '${String(text)}' is no count`, EXIT.usage, mend);
}
