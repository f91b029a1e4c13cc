import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { asyncApiDocument } from '@sedge/event-contracts';
import type { Request, Response } from 'express';
import { describeAnswers } from './api-answers.js';

const PATH = '/v1/openapi.json';
const EVENTS_PATH = '/v1/asyncapi.json';

/** Serves the OpenAPI document of all that the process offers, and the AsyncAPI document of what services say to each other. The first is made when someone first asks for it: most starts never need it. */
export function serveApiDocument(app: NestExpressApplication): void {
  let document: OpenAPIObject | undefined;
  app.use(PATH, (_request: Request, response: Response) => {
    document ??= apiDocument(app);
    response.json(document);
  });
  app.use(EVENTS_PATH, (_request: Request, response: Response) => void response.json(asyncApiDocument()));
}

/** The OpenAPI document of all that an application offers: what each route takes, and what it answers. */
export function apiDocument(app: INestApplication): OpenAPIObject {
  return describeAnswers(SwaggerModule.createDocument(app, description()), app);
}

function description(): Omit<OpenAPIObject, 'paths'> {
  return new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Sedge')
    .setDescription(
      'Workflows, runs, tools, jobs and artifacts. Errors are answered as {code, message, mend}; each operation lists the codes that it ' +
        'can answer. Readers keep properties that they do not know: a later version may add some.',
    )
    .setVersion('1')
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description:
          'An access token (RFC 9068) of npx sedge token create. Each operation names the scope that it needs as x-sedge-scope: ' +
          'read, run or admin, each of which includes those before it; open needs none. A Sedge for its own machine alone asks for no token.',
      },
      'token',
    )
    .build();
}
