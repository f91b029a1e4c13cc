import { schemaValidator } from '@sedge/tool-contracts';

type Schema = Record<string, unknown>;

const ajv = schemaValidator();

/**
 * A small value that fits a JSON Schema: what it must hold and nothing else.
 * @returns undefined where none was found (patterns, conditions and references are beyond it)
 */
export function sampleOfSchema(schema: Schema): unknown {
  const value = valueOf(schema);
  return value !== undefined && ajv.validate(schema, value) ? value : undefined;
}

function valueOf(schema: Schema): unknown {
  for (const name of ['default', 'const'] as const) if (name in schema) return schema[name];
  for (const name of ['enum', 'examples'] as const)
    if (Array.isArray(schema[name])) return (schema[name] as unknown[])[0];
  const alternatives = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined;
  if (alternatives) return alternatives.map(valueOf).find((value) => value !== undefined);
  const type = [schema['type'] ?? (schema['properties'] ? 'object' : undefined)].flat()[0];
  if (type === 'object') return objectOf(schema);
  if (type === 'array') return arrayOf(schema);
  if (type === 'string')
    return 'sample'.padEnd(Number(schema['minLength'] ?? 0), '-').slice(0, Number(schema['maxLength'] ?? 1e6));
  if (type === 'boolean') return false;
  if (type === 'null') return null;
  return type === 'number' || type === 'integer' ? numberOf(schema, type === 'integer') : undefined;
}

function objectOf(schema: Schema): Record<string, unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const names = (schema['required'] ?? []) as string[];
  return Object.fromEntries(names.map((name) => [name, valueOf(properties[name] ?? { type: 'object' })]));
}

function arrayOf(schema: Schema): unknown[] {
  const item = valueOf((schema['items'] ?? { type: 'integer' }) as Schema);
  const count = Number(schema['minItems'] ?? 0);
  return Array.from({ length: count }, (_, index) =>
    typeof item === 'string' && index > 0 ? `${item}-${index}` : item,
  );
}

function numberOf(schema: Schema, isWhole: boolean): number {
  const least = Math.max(Number(schema['minimum'] ?? -Infinity), Number(schema['exclusiveMinimum'] ?? -Infinity));
  const most = Math.min(Number(schema['maximum'] ?? Infinity), Number(schema['exclusiveMaximum'] ?? Infinity));
  const candidates = [1, least, least + 1, most, most - 1, (least + most) / 2];
  const fits = (value: number): boolean =>
    Number.isFinite(value) &&
    value >= least &&
    value <= most &&
    value !== schema['exclusiveMinimum'] &&
    value !== schema['exclusiveMaximum'] &&
    (!isWhole || Number.isInteger(value));
  return candidates.find(fits) ?? 0;
}
