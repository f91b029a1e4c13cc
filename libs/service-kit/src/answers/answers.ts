import { SetMetadata } from '@nestjs/common';
import type { ErrorRow, ErrorTable } from '../errors/service-error.js';

type JsonSchema = Record<string, unknown>;

/** What the routes of some controllers answer; tools/dev/generate-answers.mjs makes it of their code. */
export interface AnswerTable {
  /** JSON Schemas (2020-12) of the types that answers are made of, by name */
  schemas: Record<string, JsonSchema>;
  /** rows of the tables of errors, by code, with a JSON Schema of the error's details where it has some */
  errors: Record<string, ErrorRow & { details?: JsonSchema }>;
  /** by `Controller.method` */
  routes: Record<string, RouteAnswer>;
}

export interface RouteAnswer {
  /** null where the answer has no content */
  success: { mediaType: string; schema: JsonSchema } | null;
  /** codes of the errors that the route can end with, besides those that any route can */
  errors: string[];
}

/** Key of what a controller's routes answer. */
export const ANSWERS = Symbol('what routes answer');

/** Key of the errors that a route hands on. */
export const HANDED_ON = Symbol('errors of another route');

/** Says of a route that it gives answers of another service as they come, and which errors are among them. */
export function HandsOn<Table extends ErrorTable>(table: Table, codes: (keyof Table & string)[]): MethodDecorator {
  return SetMetadata(HANDED_ON, Object.fromEntries(codes.map((code) => [code, table[code]])) as ErrorTable);
}

/** Says in the OpenAPI document what the routes of a controller answer. */
export function Answers(table: AnswerTable): ClassDecorator {
  return SetMetadata(ANSWERS, table);
}
