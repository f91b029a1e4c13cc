import { ValidateBy, ValidateNested, type ValidationArguments } from 'class-validator';

type Class = new () => object;

const nestedClasses = new Map<object, Map<string, () => Class>>();

/** The property is an object (or, with `each`, a list of objects) of a class that has rules of its own. */
export function Nested(classOf: () => Class, options: { each?: boolean } = {}): PropertyDecorator {
  return (target, property) => {
    ValidateNested({ each: options.each ?? false })(target, property);
    if (!options.each) IsPlainObject()(target, property);
    const known = nestedClasses.get(target.constructor) ?? new Map<string, () => Class>();
    nestedClasses.set(target.constructor, known.set(String(property), classOf));
  };
}

/** The class of a nested property, for generating a schema; null when the property is not nested. */
export function nestedClassOf(owner: Class, property: string): Class | null {
  for (let type: object | null = owner; type; type = Object.getPrototypeOf(type) as object | null) {
    const classOf = nestedClasses.get(type)?.get(property);
    if (classOf) return classOf();
  }
  return null;
}

/**
 * A plain value as an instance of a class, nested classes included, so that class-validator finds their rules. class-transformer would need
 * reflect-metadata loaded before this package, which a command-line client has no other use for.
 */
export function instanceOf<Type extends object>(type: new () => Type, plain: object): Type {
  // A spread keeps a property named __proto__ a property.
  const instance = Object.setPrototypeOf({ ...plain }, type.prototype as object) as Record<string, unknown>;
  for (const [property, value] of Object.entries(instance)) {
    const nested = nestedClassOf(type, property);
    if (nested)
      instance[property] = Array.isArray(value) ? value.map((item) => itemOf(nested, item)) : itemOf(nested, value);
  }
  return instance as Type;
}

const itemOf = (type: Class, value: unknown): unknown => (isRecord(value) ? instanceOf(type, value) : value);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function rule(name: string, validate: (value: unknown) => boolean, what: string): PropertyDecorator {
  const defaultMessage = (place?: ValidationArguments): string => `${place?.property ?? 'value'} must be ${what}`;
  return ValidateBy({ name, validator: { validate, defaultMessage } });
}

/** The property is an object that is no list. */
export function IsPlainObject(): PropertyDecorator {
  return rule('isPlainObject', isRecord, 'an object');
}

/** The property is an object whose values are finite numbers. */
export function IsNumbersByName(): PropertyDecorator {
  const isNumbers = (value: unknown): boolean => isRecord(value) && Object.values(value).every(Number.isFinite);
  return rule('isNumbersByName', isNumbers, 'an object of finite numbers');
}

/** The property is a list of finite numbers. */
export function IsNumbers(): PropertyDecorator {
  const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every(Number.isFinite);
  return rule('isNumbers', isNumbers, 'a list of finite numbers');
}

/** The property is a list of lists of finite numbers. */
export function IsNumberTable(): PropertyDecorator {
  const isRow = (row: unknown): boolean => Array.isArray(row) && row.every(Number.isFinite);
  const isTable = (value: unknown): boolean => Array.isArray(value) && value.every(isRow);
  return rule('isNumberTable', isTable, 'a list of lists of finite numbers');
}

/** The property is the ordered list of a classifier's classes: at least one, none empty, none twice. */
export function IsClassNames(): PropertyDecorator {
  const isNames = (value: unknown): boolean =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((name) => typeof name === 'string' && name.trim() !== '') &&
    new Set(value).size === value.length;
  return rule('isClassNames', isNames, 'a list of different, non-empty class names');
}

/** The property is a tensor's shape: positive whole numbers. */
export function IsShape(): PropertyDecorator {
  const isShape = (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every((size) => Number.isSafeInteger(size) && size > 0);
  return rule('isShape', isShape, 'a list of positive whole numbers');
}
