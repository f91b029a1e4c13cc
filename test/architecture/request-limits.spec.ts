import 'reflect-metadata';
import { getMetadataStorage } from 'class-validator';
import { expect, it } from 'vitest';
// Loads the request classes of all routes there are.
import '@sedge/composition';
import '@sedge/service-kit';
import '@sedge/workflow';

type Class = new () => object;

interface Rules {
  place: string;
  names: Set<string>;
}

/** Classes of bodies, queries and paths are named so; events, kinds of artifacts and settings are not requests. */
const IS_REQUEST = /(Dto|Request|Query)$/;

/** How long these may be is told by the service that reads them. */
const BOUNDED_ELSEWHERE = ['WorkflowRequestDto.workflow', 'RunRequestDto.workflow'];

function requestRules(): Rules[] {
  const storage = getMetadataStorage();
  const { validationMetadatas } = storage as unknown as { validationMetadatas: Map<Class, unknown[]> };
  return [...validationMetadatas.keys()]
    .filter((target) => typeof target === 'function' && IS_REQUEST.test(target.name))
    .flatMap((target) => {
      const found = storage.getTargetValidationMetadatas(target, '', true, false);
      const properties = [...new Set(found.map(({ propertyName }) => propertyName))];
      return properties.map((property) => ({
        place: `${target.name}.${property}`,
        names: new Set(found.filter((one) => one.propertyName === property).map(({ name, type }) => name ?? type)),
      }));
    });
}

const lacking = (rule: string, ...bounds: string[]): string[] =>
  requestRules()
    .filter(({ names }) => names.has(rule) && !bounds.some((bound) => names.has(bound)))
    .map(({ place }) => place);

it('the request classes are found', () => {
  const places = requestRules().map(({ place }) => place);
  expect(places).toEqual(
    expect.arrayContaining(['HeartbeatDto.attempt', 'UploadFileRequest.sizeBytes', 'DeadLettersQueryDto.limit']),
  );
});

// What no column holds would be answered as a fault of the service.
it('every number of a request has bounds', () => {
  expect(lacking('isInt', 'max')).toEqual([]);
  expect(lacking('isInt', 'min')).toEqual([]);
  expect(lacking('isNumber', 'min')).toEqual([]);
});

it('every text of a request has a greatest length or a form', () => {
  const unbounded = lacking('isString', 'maxLength', 'isIn');
  expect(unbounded.filter((place) => !BOUNDED_ELSEWHERE.includes(place))).toEqual([]);
});

it('every list of a request has a greatest length', () => {
  expect(lacking('isArray', 'arrayMaxSize')).toEqual([]);
});
