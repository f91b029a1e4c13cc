import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { isDiskFull } from './disk-full.js';
import { httpError } from './http-errors.js';
import { lostBackEnd } from './lost-back-end.js';
import { ServiceError, type ErrorBody } from './service-error.js';

/** Back ends are looked for anew this often. */
const RETRY_AFTER_S = 2;

/** Answers every error as `{code, message, mend}`. What nobody foresaw is logged whole and answered without its inside. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.destroy(error instanceof Error ? error : undefined);
      return;
    }
    const { status, body } = this.answerTo(error);
    // How to come back with a token (RFC 6750).
    if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="sedge"');
    if (status === 503) response.setHeader('Retry-After', RETRY_AFTER_S);
    // The route may have announced another type for its good answer.
    response.status(status).type('json').json(body);
  }

  private answerTo(error: unknown): { status: number; body: ErrorBody } {
    if (error instanceof ServiceError) return answerOf(error);
    if (error instanceof HttpException) return { status: error.getStatus(), body: bodyOf(error) };
    if (isBodyParserError(error)) {
      const { body } = answerOf(httpError('HTTP_BODY_INVALID', { reason: error.message }));
      return { status: error.status, body };
    }
    if (isDiskFull(error)) return answerOf(httpError('DISK_FULL', { reason: error.message }));
    const lost = lostBackEnd(error);
    if (lost !== null) {
      this.logger.warn({ code: lost.code, message: lost.message });
      return answerOf(lost);
    }
    this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return answerOf(httpError('INTERNAL_ERROR'));
  }
}

function answerOf({ status, code, message, mend, details }: ServiceError): { status: number; body: ErrorBody } {
  return { status, body: { code, message, mend, ...(details !== undefined && { details }) } };
}

function bodyOf(error: HttpException): ErrorBody {
  const answer = error.getResponse();
  if (typeof answer === 'object' && 'code' in answer && 'mend' in answer) return answer as ErrorBody;
  const code = error.getStatus() === 404 ? 'HTTP_NOT_FOUND' : 'HTTP_REQUEST_INVALID';
  return answerOf(httpError(code, { reason: error.message })).body;
}

function isBodyParserError(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && 'type' in error && typeof error.status === 'number';
}
