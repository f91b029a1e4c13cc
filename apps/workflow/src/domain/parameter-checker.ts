import { schemaValidator, type RegisteredTool } from '@sedge/tool-contracts';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import type { MistakeCode } from '../errors.js';
import type { NameSearch } from './mistake.js';

/** What is wrong with a tool's parameters, and where: the keys and positions that lead there. */
export interface ParameterProblem {
  code: MistakeCode;
  path: string[];
  /** true when the key at the end of the path is meant, not its value */
  isKey: boolean;
  keyword: string;
  message: string;
  mend: string | NameSearch;
}

/** Of one set of parameters; a long list may be wrong in each item. */
const MOST_PROBLEMS = 200;

/** Checks parameters by their tools' JSON Schemas and completes them with the defaults. */
export class ParameterChecker {
  private readonly validators = new Map<string, ValidateFunction | string>();

  /** @returns the parameters with all defaults, or what is wrong with them */
  complete(
    tool: RegisteredTool,
    given: Record<string, unknown>,
  ): { parameters: Record<string, unknown> } | { problems: ParameterProblem[] } {
    const { name, parameters: schema } = tool.definition;
    const unknown =
      schema.additionalProperties === true
        ? []
        : Object.keys(given).filter((key) => !Object.hasOwn(schema.properties, key));
    const validate = this.validatorOf(tool);
    if (typeof validate === 'string') return { problems: [schemaProblem(name, validate)] };
    const parameters = structuredClone(given);
    const isValid = validate(parameters);
    if (isValid && unknown.length === 0) return { parameters };
    const names = Object.keys(schema.properties);
    const problems = unknown.slice(0, MOST_PROBLEMS).map((key) => unknownProblem([key], name, names));
    const errors = (validate.errors ?? [])
      .filter((error) => !(error.keyword === 'additionalProperties' && error.instancePath === ''))
      .slice(0, MOST_PROBLEMS);
    return {
      problems: [...problems, ...withoutBranches(isValid ? [] : errors).map((error) => problemOf(error, name))],
    };
  }

  private validatorOf(tool: RegisteredTool): ValidateFunction | string {
    let validator = this.validators.get(tool.digest);
    if (validator === undefined) {
      validator = compileSchema(tool);
      this.validators.set(tool.digest, validator);
    }
    return validator;
  }
}

/** @returns the reason as a text where a third party's schema can't be compiled */
function compileSchema(tool: RegisteredTool): ValidateFunction | string {
  try {
    // One instance per tool, so that two tools may use the same $id.
    return schemaValidator({ verbose: true, useDefaults: true }).compile(tool.definition.parameters);
  } catch (error) {
    return (error as Error).message;
  }
}

function schemaProblem(tool: string, reason: string): ParameterProblem {
  const message = `the parameter schema of the tool '${tool}' can't be used: ${reason}`;
  return {
    code: 'WORKFLOW_TOOL_SCHEMA_INVALID',
    path: [],
    isKey: false,
    keyword: 'schema',
    message,
    mend: "mend the tool's definition",
  };
}

function unknownProblem(path: string[], tool: string, known: string[]): ParameterProblem {
  const key = path.at(-1)!;
  const where = path.length > 1 ? `'${path.slice(0, -1).join('.')}'` : `the tool '${tool}'`;
  return {
    code: 'WORKFLOW_PARAMETER_UNKNOWN',
    path,
    isKey: true,
    keyword: 'additionalProperties',
    message: `${where} has no parameter '${key}'`,
    mend: { written: key, among: known },
  };
}

/** Where a value fits none of several forms, one sentence about it is better than one per form. */
function withoutBranches(errors: ErrorObject[]): ErrorObject[] {
  const unions = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  return errors.filter(
    (error) => !unions.some((union) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`)),
  );
}

function problemOf(error: ErrorObject, tool: string): ParameterProblem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties') {
    const key = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
    return unknownProblem(
      [...path, key],
      tool,
      Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {}),
    );
  }
  if (error.keyword === 'required') {
    const key = [...path, String(params['missingProperty'])].join('.');
    const message = `the parameter '${key}' of the tool '${tool}' is missing`;
    return {
      code: 'WORKFLOW_PARAMETER_MISSING',
      path,
      isKey: false,
      keyword: 'required',
      message,
      mend: `add '${key}' under with`,
    };
  }
  const name = path.length > 0 ? `the parameter '${path.join('.')}'` : 'the set of parameters';
  const { allowed, mend } = allowanceOf(error, params);
  const message = `${name} of the tool '${tool}' ${allowed}, but is ${shortJson(error.data)}`;
  // Of two equal items the second is pointed at.
  const at = error.keyword === 'uniqueItems' ? [...path, String(Math.max(...doubles(params)))] : path;
  return { code: 'WORKFLOW_PARAMETER_INVALID', path: at, isKey: false, keyword: error.keyword, message, mend };
}

function allowanceOf(
  error: ErrorObject,
  params: Record<string, unknown>,
): { allowed: string; mend: ParameterProblem['mend'] } {
  if (error.keyword === 'enum') {
    const values = (params['allowedValues'] as unknown[]).map((value) =>
      typeof value === 'string' ? value : JSON.stringify(value),
    );
    return { allowed: `must be one of ${values.join(', ')}`, mend: { written: String(error.data), among: values } };
  }
  if (error.keyword === 'type') {
    const type = [params['type']].flat().join(' or ');
    return { allowed: `must be of type ${type}`, mend: `give it a value of type ${type}` };
  }
  if (error.keyword === 'anyOf' || error.keyword === 'oneOf') {
    const forms = shortJson(error.schema).slice(0, 200);
    return { allowed: 'fits none of the forms that it may have', mend: `the forms are ${forms}` };
  }
  if (error.keyword === 'uniqueItems') {
    const [first, second] = doubles(params).sort((a, b) => a - b) as [number, number];
    const item = shortJson((error.data as unknown[])[second]);
    return {
      allowed: `must not hold ${item} twice (items ${first + 1} and ${second + 1})`,
      mend: 'remove one of them',
    };
  }
  const bounds = BOUNDS[error.keyword];
  if (bounds) return { allowed: `must ${bounds(Number(params['limit']))}`, mend: BOUNDS_MEND };
  if (error.keyword === 'multipleOf') {
    return { allowed: `must be a multiple of ${String(params['multipleOf'])}`, mend: 'give it such a number' };
  }
  if (error.keyword === 'pattern') {
    return { allowed: `must match the pattern ${String(params['pattern'])}`, mend: 'write it in that form' };
  }
  return { allowed: error.message ?? `breaks the rule ${error.keyword}`, mend: BOUNDS_MEND };
}

const BOUNDS_MEND = 'give it a value within these bounds';

const BOUNDS: Record<string, (limit: number) => string> = {
  minimum: (limit) => `be at least ${limit}`,
  maximum: (limit) => `be at most ${limit}`,
  exclusiveMinimum: (limit) => `be above ${limit}`,
  exclusiveMaximum: (limit) => `be below ${limit}`,
  minItems: (limit) => `have at least ${count(limit, 'item')}`,
  maxItems: (limit) => `have at most ${count(limit, 'item')}`,
  minLength: (limit) => `have at least ${count(limit, 'character')}`,
  maxLength: (limit) => `have at most ${count(limit, 'character')}`,
};

const count = (limit: number, noun: string): string => `${limit} ${noun}${limit === 1 ? '' : 's'}`;

const doubles = (params: Record<string, unknown>): number[] => [Number(params['i']), Number(params['j'])];

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
