import { RequestMethod, type INestApplicationContext } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { NEED, type Need } from '../access/needs.js';
import type { ErrorTable } from '../errors/service-error.js';
import { ANSWERS, HANDED_ON, type AnswerTable } from './answers.js';

/** A route of an application, with what its controller declares of it. */
export interface Route {
  controller: string;
  method: string;
  /** e.g. `GET v1/runs/:id` */
  place: string;
  /** null where it does not say what a caller needs */
  need: Need | null;
  /** null where its controller does not say what it answers */
  answers: AnswerTable | null;
  /** errors of another service that it answers as they come */
  handedOn: ErrorTable;
}

/** Every route of an application. */
export function routesOf(app: INestApplicationContext): Route[] {
  const modules = [...app.get(ModulesContainer, { strict: false }).values()];
  const controllers = new Set(
    modules.flatMap(({ controllers: some }) => [...some.values()].map(({ metatype }) => metatype)),
  );
  return [...controllers].filter((type) => typeof type === 'function').flatMap((type) => routesIn(type as Function));
}

function routesIn(controller: Function): Route[] {
  const prototype = controller.prototype as object;
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([, { value }]) => typeof value === 'function' && Reflect.hasMetadata(PATH_METADATA, value as Function))
    .map(([method, { value }]) => ({
      controller: controller.name,
      method,
      place: placeOf(controller, value as Function),
      need: declared<Need>(NEED, value as Function) ?? declared<Need>(NEED, controller),
      answers: declared<AnswerTable>(ANSWERS, controller),
      handedOn: declared<ErrorTable>(HANDED_ON, value as Function) ?? {},
    }));
}

const declared = <Value>(key: symbol, of: Function): Value | null =>
  (Reflect.getMetadata(key, of) as Value | undefined) ?? null;

function placeOf(controller: Function, method: Function): string {
  const verb = RequestMethod[Reflect.getMetadata(METHOD_METADATA, method) as number];
  return `${verb} ${String(Reflect.getMetadata(PATH_METADATA, controller))}/${String(Reflect.getMetadata(PATH_METADATA, method))}`;
}
