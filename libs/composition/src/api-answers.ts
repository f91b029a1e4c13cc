import type { INestApplicationContext } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import {
  ACCESS_ERRORS,
  BODY_STATUSES,
  HTTP_ERRORS,
  routesOf,
  type AnswerTable,
  type ErrorRow,
  type Route,
  type RouteAnswer,
} from '@sedge/service-kit';
import { ORIGIN_ERRORS } from './same-machine.js';

type Json = Record<string, unknown>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** An error that a route can end with. */
interface RouteError extends ErrorRow {
  code: string;
  /** JSON Schema of its `details` */
  details?: Json;
}

/** Says in the OpenAPI document what each route of the application answers, be it good or not. */
export function describeAnswers(document: OpenAPIObject, app: INestApplicationContext): OpenAPIObject {
  const operations = operationsOf(document);
  const schemas: Json = { ...document.components?.schemas };
  for (const route of routesOf(app)) {
    const operation = operations.get(`${route.controller}_${route.method}`);
    const answer = route.answers?.routes[`${route.controller}.${route.method}`];
    if (!operation || !route.answers || !answer) continue;
    addSchemas(schemas, route.answers.schemas);
    describeSuccess(operation, answer);
    describeErrors(operation, errorsOfRoute(operation, route, route.answers, answer));
  }
  document.components = {
    ...document.components,
    schemas: schemas as NonNullable<OpenAPIObject['components']>['schemas'],
  };
  return document;
}

function operationsOf({ paths }: OpenAPIObject): Map<string, Operation> {
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as Operation[]);
  return new Map(operations.map((operation) => [operation.operationId ?? '', operation]));
}

function addSchemas(schemas: Json, more: Json): void {
  for (const [name, schema] of Object.entries(more)) {
    if (name in schemas && JSON.stringify(schemas[name]) !== JSON.stringify(schema))
      throw new Error(`two schemas of the OpenAPI document are called ${name}; rename one of the types`);
    schemas[name] = schema;
  }
}

function describeSuccess(operation: Operation, { success }: RouteAnswer): void {
  for (const [status, given] of Object.entries(operation.responses)) {
    if (given === undefined || '$ref' in given || !status.startsWith('2')) continue;
    given.description ||= success === null ? 'It is done.' : 'What was asked for.';
    if (success !== null && status !== '204') given.content ??= { [success.mediaType]: { schema: success.schema } };
  }
}

function errorsOfRoute(operation: Operation, route: Route, table: AnswerTable, answer: RouteAnswer): RouteError[] {
  const isRead = route.place.startsWith('GET');
  const common: (keyof typeof HTTP_ERRORS)[] = ['INTERNAL_ERROR'];
  if (route.need !== 'open') common.push('DATABASE_UNREACHABLE', 'BROKER_UNREACHABLE', 'STORE_UNAVAILABLE');
  if (!isRead) common.push('DISK_FULL');
  if (operation.requestBody || operation.parameters?.length) common.push('HTTP_REQUEST_INVALID');
  const access: (keyof typeof ACCESS_ERRORS)[] =
    route.need === 'open' ? [] : ['ACCESS_TOKEN_MISSING', 'ACCESS_TOKEN_REFUSED', 'ACCESS_SCOPE_MISSING'];
  const own = answer.errors.map((code) => ({ code, ...table.errors[code]! }));
  const handedOn = Object.entries(route.handedOn).map(([code, row]) => ({ code, ...row }));
  const body = operation.requestBody
    ? BODY_STATUSES.map((status) => ({ code: 'HTTP_BODY_INVALID', ...HTTP_ERRORS.HTTP_BODY_INVALID, status }))
    : [];
  return [
    ...access.map((code) => ({ code, ...ACCESS_ERRORS[code] })),
    { code: 'HTTP_ORIGIN_REFUSED', ...ORIGIN_ERRORS.HTTP_ORIGIN_REFUSED },
    ...own,
    ...handedOn,
    ...body,
    ...common.filter((code) => !answer.errors.includes(code)).map((code) => ({ code, ...HTTP_ERRORS[code] })),
  ];
}

function describeErrors(operation: Operation, errors: RouteError[]): void {
  for (const status of [...new Set(errors.map((error) => error.status))].sort()) {
    const some = errors.filter((error) => error.status === status);
    operation.responses[status] = {
      description: some.map(({ code, sentence, mend }) => `- \`${code}\`: ${sentence}. ${mend}`).join('\n'),
      ...(status in HEADERS && { headers: HEADERS[status]! }),
      content: { 'application/json': { schema: errorSchema(some) } },
    };
  }
}

const HEADERS: Record<number, Record<string, { description: string; schema: { type: string } }>> = {
  401: { 'WWW-Authenticate': { description: 'RFC 6750', schema: { type: 'string' } } },
  503: { 'Retry-After': { description: 'seconds until the next try', schema: { type: 'integer' } } },
};

/** A body of an error whose code is one of these; those with details say of what form they are. */
function errorSchema(errors: RouteError[]): Json {
  const plain = errors.filter(({ details }) => !details).map(({ code }) => code);
  const withDetails = errors.filter(({ details }) => details);
  const parts = [
    ...(plain.length > 0 ? [{ code: { type: 'string', enum: [...new Set(plain)] } }] : []),
    ...withDetails.map(({ code, details }) => ({ code: { const: code }, details })),
  ].map((properties) => ({ allOf: [{ $ref: '#/components/schemas/ErrorBody' }, { properties }] }));
  return parts.length === 1 ? parts[0]! : { anyOf: parts };
}
