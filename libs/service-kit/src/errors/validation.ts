import { ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { unstorableIn } from '@sedge/artifact-contracts';
import type { ValidationError } from 'class-validator';
import { httpError } from './http-errors.js';
import type { ServiceError } from './service-error.js';

/** Checks every request body, query and parameter class, and says each mistake with its place. */
export function requestValidation(): PipeTransform {
  return new RequestValidation({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (mistakes) => invalid(sentencesOf(mistakes, '')),
  });
}

class RequestValidation extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const mistakes = unstorableTexts(value, metadata.data ?? '', ownChecks(metadata.metatype));
    if (mistakes.length > 0) throw invalid(mistakes);
    return super.transform(value, metadata) as Promise<unknown>;
  }
}

const invalid = (sentences: string[]): ServiceError =>
  httpError('HTTP_REQUEST_INVALID', { reason: sentences.join('; ') });

const OWN_CHECKS = Symbol('fields that are looked through for NUL characters by who reads them');

/** Marks the field of a request whose reader says where in it a NUL character stands. */
export function FindsNul(): PropertyDecorator {
  return (prototype, name) => {
    Reflect.defineMetadata(OWN_CHECKS, [...ownChecks(prototype.constructor), name], prototype.constructor);
  };
}

const ownChecks = (type: Function | undefined): (string | symbol)[] =>
  (type && (Reflect.getMetadata(OWN_CHECKS, type) as (string | symbol)[] | undefined)) ?? [];

/** Beyond this, whoever goes into a value runs out of stack. */
const MOST_LEVELS = 200;

/** What no database keeps in a text, and none of what has texts here means, with its place; NUL in none of the fields in `except`. */
function unstorableTexts(value: unknown, place: string, except: readonly (string | symbol)[], level = 0): string[] {
  if (typeof value === 'string') {
    const found = unstorableIn(value);
    return found === null ? [] : [`${place || 'the text'} holds ${found}`];
  }
  // Streams and their like come as they are.
  if (!isPlain(value)) return [];
  if (level > MOST_LEVELS) throw invalid([`${place.slice(0, 100)}… is nested more than ${MOST_LEVELS} levels deep`]);
  const below = place === '' ? '' : `${place}.`;
  return Object.entries(value).flatMap(([name, inner]) => {
    const found = unstorableIn(name);
    if (found !== null) return [`a name in ${place || 'the request'} holds ${found}`];
    const looked = except.includes(name) && typeof inner === 'string' ? inner.replaceAll('\0', '') : inner;
    return unstorableTexts(looked, `${below}${name}`, [], level + 1);
  });
}

const isPlain = (value: unknown): value is object =>
  Array.isArray(value) ||
  (value !== null &&
    typeof value === 'object' &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as null));

/** Each mistake as a sentence with its place, e.g. `outputs.model must be a sha256 digest`. */
export function sentencesOf(mistakes: ValidationError[], place: string): string[] {
  return mistakes.flatMap((mistake) => [
    ...Object.values(mistake.constraints ?? {}).map((sentence) => `${place}${sentence}`),
    ...sentencesOf(mistake.children ?? [], `${place}${mistake.property}.`),
  ]);
}
