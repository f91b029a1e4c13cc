// Makes the environments of the tools that a workflow names, before it runs, so that downloads and work are timed apart.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openEnvironments, prepareEnvironment } from './python-environments.mjs';

/**
 * @param workflow path of the workflow file; one that can't be read is left to `sedge run`, which says what is wrong with it
 * @param directory where the environments are kept
 * @returns names of the tools that have an environment of their own
 */
export async function prepareToolEnvironments(workflow, directory) {
  const { parse } = await import('yaml');
  const used = namesOfTools(parse, workflow);
  const tools = definitions(parse).filter(({ definition }) => used.has(definition.name));
  for (const { folder, definition } of tools) {
    await prepareEnvironment(await openEnvironments(directory), {
      name: definition.name,
      wish: definition.runtime.environment,
      folder,
      diskMb: definition.resources?.diskMb ?? 0,
    });
  }
  return tools.map(({ definition }) => definition.name);
}

function namesOfTools(parse, workflow) {
  try {
    const { steps } = parse(readFileSync(workflow, 'utf8'));
    return new Set(Object.values(steps).map(({ tool }) => String(tool).split('@')[0]));
  } catch {
    return new Set();
  }
}

/** Tools under tools/<stage>/<tool>/ that run in an environment of their own. */
function definitions(parse) {
  return readdirSync('tools', { withFileTypes: true })
    .filter((stage) => stage.isDirectory())
    .flatMap((stage) => readdirSync(join('tools', stage.name)).map((name) => join('tools', stage.name, name)))
    .filter((folder) => existsSync(join(folder, 'tool.yaml')))
    .map((folder) => ({ folder, definition: parse(readFileSync(join(folder, 'tool.yaml'), 'utf8')) }))
    .filter(({ definition }) => definition.runtime?.environment !== undefined);
}
