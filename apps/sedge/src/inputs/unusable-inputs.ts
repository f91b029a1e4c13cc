import type { ToolError } from '@sedge/tool-contracts';
import type { LocatedInput } from '@sedge/workflow/located-inputs';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { counted } from '../output/units.js';

/** An input that is there and can't be a source, and why. */
export interface UnusableInput {
  input: LocatedInput;
  error: ToolError;
}

/** Says of inputs why they can't be brought in: of one in the words of its error, of several each with its place. */
export function inputsUnusable(unusable: readonly UnusableInput[]): CommandError {
  if (unusable.length === 1) {
    const [{ input, error }] = unusable as [UnusableInput];
    const { file, line, column } = input.place;
    const where = file.startsWith('--') ? file : `${file}:${line}:${column}`;
    const exitCode = error.code === 'INGESTION_SOURCE_CHANGED' ? EXIT.failed : EXIT.usage;
    return new CommandError(error.code, `${where}: ${messageOf({ input, error })}`, exitCode);
  }
  const mistakes = unusable.map((one) => ({
    code: one.error.code,
    message: messageOf(one),
    mend: 'correct it, or name another by --set',
    place: one.input.place,
  }));
  const what = `${counted(unusable.length, 'input')} can't be brought in, so nothing was started`;
  return new CommandError('CLI_INPUTS_UNUSABLE', what, EXIT.usage, 'mend what is listed', { mistakes });
}

const messageOf = ({ input, error }: UnusableInput): string => `the input '${input.name}': ${error.message}`;
