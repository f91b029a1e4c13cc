// Which stages there are, and which of them have tools: found in the folders, so that nobody keeps a list.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');
/** The service that asks for jobs, and the command line. */
const NO_STAGES = ['workflow', 'sedge'];

/** Every app that is a stage, in alphabetical order. */
export function stages() {
  const apps = readdirSync(join(ROOT, 'apps')).sort();
  return apps.filter((name) => !NO_STAGES.includes(name) && existsSync(join(ROOT, 'apps', name, 'src', 'main.ts')));
}

/** Stages that have work to do: those with a tool built in or in a folder of its own. The others are started when they are asked for. */
export function stagesWithTools() {
  return stages().filter((name) => hasBuiltin(name) || hasToolFolder(name));
}

const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

const hasBuiltin = (stage) =>
  namesIn(join(ROOT, 'apps', stage, 'src', 'tools')).some((name) => name.endsWith('.tool.ts'));

const hasToolFolder = (stage) =>
  namesIn(join(ROOT, 'tools', stage)).some((name) => existsSync(join(ROOT, 'tools', stage, name, 'tool.yaml')));
