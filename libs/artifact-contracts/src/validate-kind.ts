import { validateSync, type ValidationError } from 'class-validator';
import type { ArtifactKind, KindMistake } from './artifact-kind.js';
import { KINDS } from './kinds/index.gen.js';
import { validateForm } from './metadata-form.js';
import { instanceOf } from './metadata-rules.js';

const KIND_NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/;

/** A kind of Sedge's own by name, or null: a third party's kind is known by a JSON Schema instead. */
export function findKind(name: string): ArtifactKind | null {
  return KINDS.find((kind) => kind.name === name) ?? null;
}

/** Whether a name could be that of a kind. */
export function isKindName(name: string): boolean {
  return name.length <= 100 && KIND_NAME.test(name);
}

/** Checks metadata against the class of the kind. A kind that isn't Sedge's own has no class, so only its form is checked. @returns every mistake */
export function validateMetadata(kindName: string, metadata: unknown): KindMistake[] {
  const misformed = validateForm(metadata);
  if (misformed.length > 0) return misformed;
  const kind = findKind(kindName);
  return kind ? mistakesOf(kind.metadata, metadata as object) : [];
}

/** Checks the paths of an artifact's files against what the kind must and may have. @returns every mistake */
export function validateFiles(kindName: string, paths: readonly string[]): KindMistake[] {
  const kind = findKind(kindName);
  if (!kind) return [];
  const { required, optional, others } = kind.files;
  const missing = required.filter((path) => !paths.includes(path));
  const strange = others ? [] : paths.filter((path) => !required.includes(path) && !optional.includes(path));
  return [
    ...missing.map((path) => ({ path, message: `the kind ${kindName} must have the file ${path}` })),
    ...strange.map((path) => ({ path, message: `the kind ${kindName} has no file ${path}` })),
  ];
}

/** Checks the content of a JSON file whose kind gives it a class, e.g. `report.json`. @returns every mistake */
export function validateContent(kindName: string, path: string, content: unknown): KindMistake[] {
  const type = findKind(kindName)?.contents?.[path];
  if (!type) return [];
  const notAnObject = typeof content !== 'object' || content === null || Array.isArray(content);
  return notAnObject ? [{ path: '', message: `${path} must hold an object` }] : mistakesOf(type, content);
}

function mistakesOf(type: new () => object, value: object): KindMistake[] {
  return flatten(validateSync(instanceOf(type, value), { forbidUnknownValues: true }), '');
}

function flatten(errors: ValidationError[], parent: string): KindMistake[] {
  return errors.flatMap((error) => {
    const path = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...flatten(error.children ?? [], path)];
  });
}
