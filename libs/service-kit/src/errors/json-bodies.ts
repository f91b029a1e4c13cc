import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { Request } from 'express';
import type { Observable } from 'rxjs';
import { httpError } from './http-errors.js';
import { ServiceError } from './service-error.js';

/**
 * Refuses bodies of another type on routes that take JSON. They would not be read, and the answer would be that all fields are missing.
 * @throws HTTP_BODY_INVALID, with the status 415
 */
@Injectable()
export class JsonBodies implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const isEmpty = request.headers['content-length'] === '0';
    // `is` gives null where a body is not even announced.
    if (!isEmpty && takesJson(context) && request.is('json') === false) {
      throw wrongType(request.headers['content-type']);
    }
    return next.handle();
  }
}

function takesJson(context: ExecutionContext): boolean {
  const taken = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as
    object | undefined;
  return Object.keys(taken ?? {}).some((key) => key.startsWith(`${RouteParamtypes.BODY}:`));
}

function wrongType(type: string | undefined): ServiceError {
  const given = type === undefined ? 'of no type' : `of the type '${type.slice(0, 100)}'`;
  const { code, message, mend } = httpError('HTTP_BODY_INVALID', {
    reason: `the body is ${given}; this address takes application/json`,
  });
  return new ServiceError(code, message, mend, 415);
}
