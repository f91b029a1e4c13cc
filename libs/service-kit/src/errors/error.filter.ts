import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { lostBackEnd } from './lost-back-end.js';
import { ServiceError } from './service-error.js';

/** What a caller is told of an error, whatever its origin. */
interface ErrorBody {
  code: string;
  message: string;
  mend: string;
  details?: unknown;
}

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
    response.status(status).json(body);
  }

  private answerTo(error: unknown): { status: number; body: ErrorBody } {
    if (error instanceof ServiceError) {
      const { status, code, message, mend, details } = error;
      return { status, body: { code, message, mend, ...(details !== undefined && { details }) } };
    }
    if (error instanceof HttpException) return { status: error.getStatus(), body: bodyOf(error) };
    if (isBodyParserError(error)) {
      const mend = 'send a body of the announced type and length';
      return { status: error.status, body: { code: 'HTTP_BODY_INVALID', message: error.message, mend } };
    }
    if (isDiskFull(error)) {
      const mend =
        'free some disk where the data directory lies, then try again; nothing that was stored before is lost';
      return { status: 507, body: { code: 'DISK_FULL', message: `the disk is full: ${error.message}`, mend } };
    }
    const lost = lostBackEnd(error);
    if (lost !== null) {
      this.logger.warn({ code: lost.code, message: lost.message });
      return { status: 503, body: lost };
    }
    this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const mend = 'see the log of the process; if it happens again, report it with the log';
    return { status: 500, body: { code: 'INTERNAL_ERROR', message: 'something that should not happen did', mend } };
  }
}

function bodyOf(error: HttpException): ErrorBody {
  const answer = error.getResponse();
  if (typeof answer === 'object' && 'code' in answer && 'mend' in answer) return answer as ErrorBody;
  if (error.getStatus() === 404) {
    return {
      code: 'HTTP_NOT_FOUND',
      message: error.message,
      mend: 'see the API documentation for the paths there are',
    };
  }
  return { code: 'HTTP_REQUEST_INVALID', message: error.message, mend: 'see the API documentation of this path' };
}

function isBodyParserError(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && 'type' in error && typeof error.status === 'number';
}

/** By file system, artifact store and database (SQLSTATE disk_full). */
const DISK_FULL_CODES = new Set<unknown>(['ENOSPC', 'EDQUOT', 'STORE_FULL', '53100']);

function isDiskFull(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && DISK_FULL_CODES.has(error.code);
}
