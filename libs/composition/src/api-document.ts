import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { Request, Response } from 'express';

const PATH = '/v1/openapi.json';

/** Serves the OpenAPI document of all that the process offers. It is made when someone first asks for it: most starts never need it. */
export function serveApiDocument(app: NestExpressApplication): void {
  let document: OpenAPIObject | undefined;
  app.use(PATH, (_request: Request, response: Response) => {
    document ??= SwaggerModule.createDocument(app, description());
    response.json(document);
  });
}

function description(): Omit<OpenAPIObject, 'paths'> {
  return new DocumentBuilder()
    .setTitle('Sedge')
    .setDescription('Workflows, runs, tools, jobs and artifacts. Errors are answered as {code, message, mend}.')
    .setVersion('1')
    .build();
}
