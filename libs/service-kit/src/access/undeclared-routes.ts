import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { NEED } from './needs.js';

/** Routes of an application that don't say what a caller needs, e.g. `RunsController.list (GET v1/runs)`. */
export function undeclaredRoutes(app: INestApplicationContext): string[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const controllers = new Set(
    modules.flatMap(({ controllers: some }) => [...some.values()].map(({ metatype }) => metatype)),
  );
  return [...controllers]
    .filter((type) => typeof type === 'function')
    .flatMap((type) => undeclaredIn(type as Function));
}

function undeclaredIn(controller: Function): string[] {
  if (Reflect.hasMetadata(NEED, controller)) return [];
  const prototype = controller.prototype as Record<string, Function>;
  const routes = Object.getOwnPropertyNames(prototype).filter((name) => {
    const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as unknown;
    return (
      typeof method === 'function' && Reflect.hasMetadata(PATH_METADATA, method) && !Reflect.hasMetadata(NEED, method)
    );
  });
  return routes.map((name) => `${controller.name}.${name} (${placeOf(controller, prototype[name]!)})`);
}

function placeOf(controller: Function, method: Function): string {
  const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, method) as number];
  return `${verb} ${String(Reflect.getMetadata(PATH_METADATA, controller))}/${String(Reflect.getMetadata(PATH_METADATA, method))}`;
}
