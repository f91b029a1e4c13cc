// package-lock.json is in step with every package.json, or `npm ci` refuses to install in a fresh clone.
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';

const fields = ['name', 'version', 'dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
const mend = 'run npm install and commit package-lock.json with it';

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
/** The same text for the same content: npm leaves out what is empty, and orders by name. */
const canonical = (entry) =>
  typeof entry === 'object' ? JSON.stringify(Object.entries(entry).sort()) : entry === undefined ? '[]' : entry;

export function check(files) {
  const manifests = files.filter((path) => /(^|\/)package\.json$/.test(path) && isWorkspace(path));
  if (!existsSync('package-lock.json')) return [`package-lock.json is missing; ${mend}`];
  const { packages } = readJson('package-lock.json');
  const folders = new Set(manifests.map(folderOf));
  const gone = Object.keys(packages)
    .filter((folder) => folder !== '' && !folder.includes('node_modules/') && !folders.has(folder))
    .map((folder) => `package-lock.json has ${folder}, which is no project any more; ${mend}`);
  return [...manifests.flatMap((path) => problemsOf(path, packages)), ...gone];
}

const folderOf = (manifest) => (dirname(manifest) === '.' ? '' : dirname(manifest));
const isWorkspace = (path) => /^((apps|libs|libs\/adapters)\/[^/]+\/|lne\/node\/)?package\.json$/.test(path);

function problemsOf(path, packages) {
  const manifest = readJson(path);
  const folder = folderOf(path);
  const locked = packages[folder];
  if (!locked) return [`${path} is not in package-lock.json; ${mend}`];
  const differing = fields
    .filter((field) => canonical(manifest[field]) !== canonical(locked[field]))
    .map((field) => `${path}: its ${field} is not what package-lock.json has; ${mend}`);
  const isLinked = folder === '' || packages[`node_modules/${manifest.name}`]?.resolved === folder;
  return isLinked ? differing : [...differing, `package-lock.json has no link ${manifest.name} to ${folder}; ${mend}`];
}
