import { readFile } from 'node:fs/promises';
import type { Digest } from '@sedge/artifact-contracts';
import { suggestName, type RegisteredTool } from '@sedge/tool-contracts';
import { ParameterChecker, mendText } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { ToolView } from '../tools/tool-text.js';

/** What of a model's preprocessing no tool's parameter says: the data set that the features came from had it. */
const CLIP = { clipMs: { type: 'number', exclusiveMinimum: 0, description: 'length of a clip in ms' } };
const FIELDS = ['tool', 'version', 'parameters', 'normalization'];

type Fields = Record<string, unknown>;

/**
 * Reads how a model's input is made, checks it by the tool that it names, and completes it with the tool's version and defaults.
 *
 * @throws CommandError CLI_FILE_UNREADABLE, CLI_BAD_PREPROCESSING
 */
export async function readPreprocessing(file: string, api: ApiClient): Promise<object> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new CommandError('CLI_FILE_UNREADABLE', `'${file}' can't be read: ${reason}`, EXIT.notFound);
  });
  const refuse = (what: string, mend: string): CommandError =>
    new CommandError('CLI_BAD_PREPROCESSING', `${file}: ${what}`, EXIT.usage, mend);
  const given = parsed(text, refuse);
  for (const name of Object.keys(given)) {
    if (!FIELDS.includes(name)) throw refuse(`there is no field '${name}'`, suggestName(name, FIELDS));
  }
  const tool = toolOf(given, await featureTools(api), refuse);
  const version = given['version'] ?? tool.definition.version;
  if (version !== tool.definition.version) {
    const mend = `write "version": "${tool.definition.version}"`;
    throw refuse(`${tool.definition.name} is here in version ${tool.definition.version} only`, mend);
  }
  const parameters = given['parameters'] ?? {};
  if (!isObject(parameters)) throw refuse(`'parameters' is no object`, 'see: npx sedge deploy --help');
  const checked = new ParameterChecker().complete(tool, parameters);
  if ('problems' in checked) {
    const [first] = checked.problems;
    const mend = first!.keyword === 'required' ? 'add it under parameters' : mendText(first!.mend);
    throw refuse(checked.problems.map(({ message }) => message).join('; '), mend);
  }
  return { ...given, tool: tool.definition.name, version, parameters: checked.parameters };
}

type Refuse = (what: string, mend: string) => CommandError;

function parsed(text: string, refuse: Refuse): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is no JSON: ${(error as Error).message}`, 'see: npx sedge deploy --help');
  }
  if (!isObject(value)) throw refuse('it is no JSON object', 'see: npx sedge deploy --help');
  return value;
}

/** Tools that make a network's input, with what they are told about clips. */
async function featureTools(api: ApiClient): Promise<RegisteredTool[]> {
  const { tools } = await api.get<{ tools: ToolView[] }>('/v1/tools');
  return tools
    .filter(({ outputs }) => Object.values(outputs).some(({ kind }) => kind === 'features'))
    .map(({ digest, machine, ...definition }) => {
      const { properties, required = [] } = definition.parameters;
      const parameters = {
        ...definition.parameters,
        properties: { ...properties, ...CLIP },
        required: [...required, ...Object.keys(CLIP)],
      };
      return { digest: digest as Digest, machine, definition: { ...definition, parameters } };
    });
}

function toolOf(given: Fields, tools: RegisteredTool[], refuse: Refuse): RegisteredTool {
  const name = given['tool'];
  const names = tools.map(({ definition }) => definition.name);
  if (typeof name !== 'string') throw refuse(`the field 'tool' is missing`, `it names one of ${names.join(', ')}`);
  const found = tools.find(({ definition }) => definition.name === name);
  if (!found) throw refuse(`no tool '${name}' makes features`, suggestName(name, names));
  return found;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
