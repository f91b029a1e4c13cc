import { SetMetadata, applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension } from '@nestjs/swagger';
import type { Caller, Scope } from './caller.js';

/** Key of what a route declares: a scope, or `open`. */
export const NEED = Symbol('what a caller needs');

export type Need = Scope | 'open';

/** A request that was let in, with who sent it. */
export interface KnownRequest {
  caller: Caller;
}

type RouteDecorator = MethodDecorator & ClassDecorator;

/** Lets callers of a scope in. A route without `Needs` or `Open` lets nobody in. */
export function Needs(scope: Scope): RouteDecorator {
  return applyDecorators(
    SetMetadata(NEED, scope satisfies Need),
    ApiBearerAuth('token'),
    ApiExtension('x-sedge-scope', scope),
  );
}

/** Lets everybody in. */
export function Open(): RouteDecorator {
  return applyDecorators(SetMetadata(NEED, 'open' satisfies Need), ApiExtension('x-sedge-scope', 'open'));
}

/** Gives a route's method who asks. */
export const AskedBy = createParamDecorator(
  (_: unknown, context: ExecutionContext): Caller => context.switchToHttp().getRequest<KnownRequest>().caller,
);
