import { Module, type Type } from '@nestjs/common';

const made = new Map<string, Type>();

/**
 * A module class of its own for each name. In the all-in-one process several services use the same module with other options, and Nest
 * tells modules apart by their class.
 */
export function namedModule(base: Type, name: string): Type {
  const className = `${base.name}(${name})`;
  let type = made.get(className);
  if (!type) {
    type = { [className]: class extends base {} }[className]! as Type;
    Module({})(type);
    made.set(className, type);
  }
  return type;
}
