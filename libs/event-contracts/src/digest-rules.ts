import { isDigest } from '@sedge/artifact-contracts';
import { ValidateBy, type ValidationArguments, type ValidationOptions } from 'class-validator';

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const says = (what: string) => (place?: ValidationArguments) => `${place?.property ?? 'value'} must be ${what}`;

/** The property is a digest: `sha256:` and 64 hexadecimal digits. */
export function IsDigest(options?: ValidationOptions): PropertyDecorator {
  return ValidateBy(
    { name: 'isDigest', validator: { validate: isDigest, defaultMessage: says('a sha256 digest') } },
    options,
  );
}

/** The property is an object whose values are digests. */
export function IsDigestMap(): PropertyDecorator {
  const validate = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isDigest);
  return ValidateBy({
    name: 'isDigestMap',
    validator: { validate, defaultMessage: says('an object of sha256 digests') },
  });
}

/** The property is an object whose values are digests or lists of digests. */
export function IsDigestsMap(): PropertyDecorator {
  const isOneOrMany = (value: unknown): boolean => (Array.isArray(value) ? value.every(isDigest) : isDigest(value));
  const validate = (value: unknown): boolean => isRecord(value) && Object.values(value).every(isOneOrMany);
  const defaultMessage = says('an object of sha256 digests or lists of them');
  return ValidateBy({ name: 'isDigestsMap', validator: { validate, defaultMessage } });
}

/** The property is an object whose values are strings. */
export function IsStringMap(): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
  return ValidateBy({ name: 'isStringMap', validator: { validate, defaultMessage: says('an object of strings') } });
}

/** The property is an object whose values are finite numbers. */
export function IsNumberMap(): PropertyDecorator {
  const validate = (value: unknown): boolean => isRecord(value) && Object.values(value).every(Number.isFinite);
  return ValidateBy({
    name: 'isNumberMap',
    validator: { validate, defaultMessage: says('an object of finite numbers') },
  });
}
