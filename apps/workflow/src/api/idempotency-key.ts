import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';

const HEADER = 'idempotency-key';
const MOST_CHARACTERS = 256;

/** Says in the OpenAPI document what the same key does to a request that comes once more. */
export function TakesIdempotencyKey(description: string): MethodDecorator {
  return ApiHeader({ name: HEADER, required: false, description });
}

/** Gives a route's method the key by which its request is known when it comes once more, null where there is none. */
export const IdempotencyKey = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | null =>
    context.switchToHttp().getRequest<Request>().header(HEADER)?.slice(0, MOST_CHARACTERS) || null,
);
