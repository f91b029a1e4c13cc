// JSON Schemas (2020-12) of TypeScript types: what a value of the type is once it was written as JSON. The parts of a union are sorted, since
// the compiler gives them in the order in which it came across them, which changes with code elsewhere.
import ts from 'typescript';

const DIGEST = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const ANYTHING = new Set(['unknown', 'object', '{}']);

/** Makes schemas of types, and keeps those of the named ones under their names in `schemas`. */
export class TypeSchemas {
  schemas = new Map();
  /** the type behind each name, so that no two share one */
  #types = new Map();

  constructor(checker) {
    this.checker = checker;
  }

  of(type) {
    if (type.flags & ts.TypeFlags.Union) return this.#ofUnion(type);
    const simple = simpleSchema(this.checker, type);
    if (simple) return simple;
    if (this.checker.isArrayType(type) || this.checker.isTupleType(type)) {
      const items = this.checker.getTypeArguments(type).map((item) => this.of(item));
      return { type: 'array', items: items.length === 1 ? items[0] : anyOf(items) };
    }
    return this.#ofObject(type);
  }

  #ofUnion(type) {
    const name = nameOf(type);
    const parts = type.types.filter((part) => !(part.flags & ts.TypeFlags.Undefined));
    const isLiteral = (part) => part.isLiteral() || part.flags & (ts.TypeFlags.BooleanLiteral | ts.TypeFlags.Null);
    if (parts.every(isLiteral)) return ofLiterals(this.checker, parts);
    // A union of objects with a name of its own is worth being named; `X | null` is not.
    const isNamed = name !== null && parts.every((part) => part.flags & ts.TypeFlags.Object);
    const make = () => anyOf(this.#inSteps(parts));
    return isNamed ? this.#named(name, type, make) : make();
  }

  /** Literals of one union stay together, e.g. `'a' | 'b' | null` beside an object. */
  #inSteps(parts) {
    const isLiteral = (part) => part.isLiteral() || part.flags & ts.TypeFlags.BooleanLiteral;
    const literals = parts.filter(isLiteral);
    const others = parts.filter((part) => !isLiteral(part)).map((part) => this.of(part));
    return literals.length === 0 ? others : [ofLiterals(this.checker, literals), ...others];
  }

  #ofObject(type) {
    const name = nameOf(type);
    const index = this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const properties = this.checker.getPropertiesOfType(type);
    if (index && properties.length === 0) return { type: 'object', additionalProperties: this.of(index) };
    const make = () => this.#objectWith(properties, type);
    return name === null ? make() : this.#named(name, type, make);
  }

  #objectWith(properties, type) {
    const schema = { type: 'object', properties: {}, required: [] };
    for (const property of properties) {
      const type = this.checker.getTypeOfSymbol(property);
      if (type.getCallSignatures().length > 0)
        throw new Error(`${property.name} of ${this.checker.typeToString(type)} is a function, which no answer holds`);
      const description = textOf(property.getDocumentationComment(this.checker));
      schema.properties[property.name] = { ...this.of(type), ...(description && { description }) };
      if (!(property.flags & ts.SymbolFlags.Optional)) schema.required.push(property.name);
    }
    const description = textOf((type.aliasSymbol ?? type.symbol)?.getDocumentationComment(this.checker) ?? []);
    return { ...schema, required: schema.required.sort(), ...(description && { description }) };
  }

  #named(name, type, make) {
    const known = this.#types.get(name);
    const isSame = (one, other) => one === other || this.checker.isTypeAssignableTo(one, other);
    if (known !== undefined && !(isSame(known, type) && isSame(type, known)))
      throw new Error(`two types of answers are called ${name}; rename one`);
    if (known === undefined) {
      this.#types.set(name, type);
      this.schemas.set(name, make());
    }
    return { $ref: `#/components/schemas/${name}` };
  }
}

function simpleSchema(checker, type) {
  const { flags } = type;
  if (flags & ts.TypeFlags.Any) throw new Error('a type is any, or its name is not known to the compiler');
  if (ANYTHING.has(checker.typeToString(type))) return {};
  if (type.symbol?.name === 'Date') return { type: 'string', format: 'date-time' };
  if (flags & ts.TypeFlags.TemplateLiteral) {
    if (type.texts[0] !== 'sha256:') throw new Error(`${checker.typeToString(type)} has no schema yet; add it here`);
    return DIGEST;
  }
  if (type.isLiteral() || flags & ts.TypeFlags.BooleanLiteral) return ofLiterals(checker, [type]);
  if (flags & ts.TypeFlags.String) return { type: 'string' };
  if (flags & ts.TypeFlags.Number) return { type: 'number' };
  if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
  if (flags & ts.TypeFlags.Null) return { type: 'null' };
  return null;
}

function ofLiterals(checker, parts) {
  const values = parts
    .map((part) =>
      part.isLiteral() ? part.value : part.flags & ts.TypeFlags.Null ? null : checker.typeToString(part) === 'true',
    )
    .sort((a, b) => Number(a === null) - Number(b === null) || (a < b ? -1 : 1));
  const types = [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))];
  const type = types.length === 1 ? types[0] : types;
  if (values.length === 2 && values.includes(true) && values.includes(false)) return { type: 'boolean' };
  return values.length === 1 && values[0] !== null ? { const: values[0] } : { type, enum: values };
}

/** `{ type: [X, null] }` for what is simple, which most readers of schemas take better than anyOf. */
function anyOf(schemas) {
  const byText = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  const isNull = (schema) => Number(schema.type === 'null');
  const different = [...byText]
    .sort(([a, one], [b, other]) => isNull(one) - isNull(other) || (a < b ? -1 : 1))
    .map(([, schema]) => schema);
  if (different.length === 1) return different[0];
  const [first, second] = different;
  const isNullable = different.length === 2 && second.type === 'null' && typeof first.type === 'string' && !first.enum;
  return isNullable ? { ...first, type: [first.type, 'null'] } : { anyOf: different };
}

/** The name that the code gives a type; null for one that is written where it is used. */
function nameOf(type) {
  if (type.aliasSymbol && !type.aliasTypeArguments) return type.aliasSymbol.name;
  if (type.aliasSymbol || !type.symbol) return null;
  const isDeclared = type.symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class);
  return isDeclared ? type.symbol.name : null;
}

const textOf = (comment) => ts.displayPartsToString(comment).replace(/\s+/g, ' ').trim();
