import { ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { ServiceError } from './service-error.js';

/** Checks every request body, query and parameter class, and says each mistake with its place. */
export function requestValidation(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (mistakes) =>
      new ServiceError(
        'HTTP_REQUEST_INVALID',
        sentencesOf(mistakes, '').join('; '),
        'correct the named fields; the API documentation lists them all',
        400,
      ),
  });
}

/** Each mistake as a sentence with its place, e.g. `outputs.model must be a sha256 digest`. */
export function sentencesOf(mistakes: ValidationError[], place: string): string[] {
  return mistakes.flatMap((mistake) => [
    ...Object.values(mistake.constraints ?? {}).map((sentence) => `${place}${sentence}`),
    ...sentencesOf(mistake.children ?? [], `${place}${mistake.property}.`),
  ]);
}
