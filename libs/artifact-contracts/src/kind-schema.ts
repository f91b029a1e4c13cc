import { getMetadataStorage } from 'class-validator';
import type { ArtifactKind } from './artifact-kind.js';
import { nestedClassOf } from './metadata-rules.js';

type Schema = Record<string, unknown>;
type Class = new () => object;
interface Rule {
  name: string;
  constraints: unknown[];
  each: boolean;
}

/** What rules of class-validator say in JSON Schema, by their name. */
export type RuleSchemas = Record<string, (constraints: unknown[]) => Schema>;

/** What each rule says in JSON Schema 2020-12. A rule that is missing here makes the generator fail, so that no schema says less than its class. */
const FRAGMENTS: RuleSchemas = {
  isString: () => ({ type: 'string' }),
  isNotEmpty: () => ({ minLength: 1 }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isPositive: () => ({ type: 'number', exclusiveMinimum: 0 }),
  min: ([least]) => ({ type: 'number', minimum: least }),
  max: ([most]) => ({ type: 'number', maximum: most }),
  isIn: ([values]) => ({ enum: values }),
  isArray: () => ({ type: 'array' }),
  isPlainObject: () => ({ type: 'object' }),
  isNumbersByName: () => ({ type: 'object', additionalProperties: { type: 'number' } }),
  isNumbers: () => ({ type: 'array', items: { type: 'number' } }),
  isNumberTable: () => ({ type: 'array', items: { type: 'array', items: { type: 'number' } } }),
  isClassNames: () => ({
    type: 'array',
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    uniqueItems: true,
  }),
  isShape: () => ({ type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1 }),
};

/** The JSON Schema of a kind's metadata, generated from its class. */
export function metadataSchemaOf(kind: ArtifactKind): Schema {
  const title = `Metadata of the artifact kind ${kind.name}, version ${kind.version}`;
  return { ...head(`${kind.name}.v${kind.version}`, title, kind.summary), ...schemaOfClass(kind.metadata) };
}

/** The JSON Schemas of a kind's JSON files, by path. */
export function contentSchemasOf(kind: ArtifactKind): Record<string, Schema> {
  const entries = Object.entries(kind.contents ?? {}).map(([path, type]) => {
    const title = `${path} of the artifact kind ${kind.name}, version ${kind.version}`;
    return [path, { ...head(`${kind.name}.v${kind.version}.${path}`, title, kind.summary), ...schemaOfClass(type) }];
  });
  return Object.fromEntries(entries) as Record<string, Schema>;
}

function head(id: string, title: string, description: string): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:sedge:schema:${id}`,
    title,
    description,
  };
}

/**
 * The JSON Schema of a class. Unknown properties are allowed: readers keep what a later version adds.
 * @param more what further rules say
 * @throws Error for a rule that nobody has said it of
 */
export function schemaOfClass(type: Class, more: RuleSchemas = {}): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const [property, rules] of rulesByProperty(type)) {
    properties[property] = schemaOfProperty({ owner: type, property, rules }, { ...FRAGMENTS, ...more });
    if (!rules.some((rule) => rule.name === 'isOptional')) required.push(property);
  }
  return { type: 'object', properties, required: required.sort() };
}

function rulesByProperty(type: Class): [string, Rule[]][] {
  const byProperty = new Map<string, Rule[]>();
  for (const metadata of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const isOptional = metadata.type === 'conditionalValidation';
    const isNested = metadata.type === 'nestedValidation';
    const name = isOptional ? 'isOptional' : isNested ? 'nested' : (metadata.name ?? metadata.type);
    const rule = { name, constraints: metadata.constraints ?? [], each: metadata.each };
    byProperty.set(metadata.propertyName, [...(byProperty.get(metadata.propertyName) ?? []), rule]);
  }
  return [...byProperty].sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Property {
  owner: Class;
  property: string;
  rules: Rule[];
}

function schemaOfProperty({ owner, property, rules }: Property, fragments: RuleSchemas): Schema {
  const nested = nestedClassOf(owner, property);
  if (nested) return schemaOfNested(nested, rules, fragments);
  const merged: Schema = {};
  const mergedItems: Schema = {};
  for (const rule of rules.filter(({ name }) => name !== 'isOptional' && name !== 'isDefined')) {
    const fragment = fragments[rule.name];
    if (!fragment) throw new Error(`${owner.name}.${property}: the rule ${rule.name} has no JSON Schema; add it here`);
    merge(rule.each ? mergedItems : merged, fragment(rule.constraints));
  }
  const asksForItems = Object.keys(mergedItems).length > 0;
  return asksForItems ? { type: 'array', ...merged, items: mergedItems } : nullable(merged, rules);
}

/** Later rules don't widen earlier ones: an integer with a minimum stays an integer. */
function merge(target: Schema, fragment: Schema): void {
  const isNarrower = target['type'] === 'integer' && fragment['type'] === 'number';
  Object.assign(target, fragment, isNarrower ? { type: 'integer' } : {});
}

/** class-validator's IsOptional accepts null as well as an absent property. */
function nullable(schema: Schema, rules: Rule[]): Schema {
  if (!rules.some((rule) => rule.name === 'isOptional') || typeof schema['type'] !== 'string') return schema;
  return { ...schema, type: [schema['type'], 'null'] };
}

function schemaOfNested(nested: Class, rules: Rule[], fragments: RuleSchemas): Schema {
  const isList = rules.some((rule) => rule.name === 'nested' && rule.each);
  const schema = schemaOfClass(nested, fragments);
  return isList ? { type: 'array', items: schema } : nullable(schema, rules);
}
