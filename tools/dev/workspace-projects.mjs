// Lists the folders of the TypeScript projects, relative to the workspace root.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Every folder under apps, libs, libs/adapters and lne/node that has a package.json, in alphabetical order. */
export function workspaceProjects(root = '.') {
  const parents = ['apps', 'libs', join('libs', 'adapters'), 'lne'];
  return parents
    .flatMap((parent) =>
      existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(parent, name)) : [],
    )
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .sort();
}
