import { suggestName } from '@sedge/tool-contracts';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { readToolArgument } from './bench.js';
import { caseOfOptions, readCaseFile, type WrittenCase } from './case-file.js';
import type { ConformRequest } from './conform-tool.js';
import { checkCase } from './golden-cases.js';
import { KindSchemas } from './kind-schemas.js';
import { checksFor } from './tool-checks.js';
import type { Verdict } from './verdict.js';
import { WORKER_CHECKS } from './worker-checks.js';

export interface ConformOptions {
  in: string[];
  set: string[];
  cases?: string;
  kind: string[];
  start?: string;
  check: string[];
  limitMs: number;
  leaseS: number;
}

/** Checks what the command line gives, before anything is started. @throws CommandError */
export async function conformRequest(
  named: string,
  options: ConformOptions,
  tell: (verdict: Verdict) => void,
): Promise<ConformRequest> {
  const { limitMs, leaseS, start = null } = options;
  assertChecks(options.check);
  const wanted = new Set(options.check);
  const isWanted = (name: string): boolean => wanted.size === 0 || wanted.has(name) || name === 'golden';
  const tool = await readToolArgument(named);
  const kinds = await KindSchemas.read(options.kind);
  const cases = await casesOf(options);
  if ('folder' in tool) for (const one of cases) checkCase(tool.definition, one);
  return { tool, cases, kinds, limitMs, leaseS, start, isWanted, tell };
}

async function casesOf({ cases, in: inputs, set }: ConformOptions): Promise<WrittenCase[]> {
  if (cases === undefined) return [caseOfOptions(inputs, set)];
  if (inputs.length + set.length === 0) return readCaseFile(cases);
  const mend = 'write inputs and parameters into the file';
  throw new CommandError('CLI_BAD_CASES', '--cases goes without --in and --set', EXIT.usage, mend);
}

function assertChecks(names: readonly string[]): void {
  const known = [...new Set([...checksFor('http'), ...WORKER_CHECKS].map(({ name }) => name))];
  const strange = names.find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw new CommandError(
    'CONFORM_CHECK_UNKNOWN',
    `there is no check '${strange}'`,
    EXIT.usage,
    suggestName(strange, known),
  );
}
