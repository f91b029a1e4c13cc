import type { INestApplicationContext } from '@nestjs/common';
import { routesOf } from '../answers/routes.js';

/** Routes of an application that don't say what a caller needs, e.g. `RunsController.list (GET v1/runs)`. */
export function undeclaredRoutes(app: INestApplicationContext): string[] {
  return routesOf(app)
    .filter(({ need }) => need === null)
    .map(({ controller, method, place }) => `${controller}.${method} (${place})`);
}
