import { isSafeRelativePath } from '@sedge/artifact-contracts';
import { nearestName, schemaValidator, type ToolDefinition } from '@sedge/tool-contracts';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { TOOL_DEFINITION_SCHEMA } from './tool-file-schema.js';

/** A mistake in a tool file: where it is, what is wrong, and what would be right. */
export interface ToolFileMistake {
  file: string;
  line: number;
  column: number;
  message: string;
  mend: string;
}

export type ToolFileReading = { ok: true; definition: ToolDefinition } | { ok: false; mistakes: ToolFileMistake[] };

type Path = (string | number)[];

interface Finding {
  path: Path;
  message: string;
  mend: string;
}

const matchesSchema = schemaValidator({ discriminator: true }).compile<ToolDefinition>(TOOL_DEFINITION_SCHEMA);

/** Reads `tool.yaml`. Every mistake is given with its place, not only the first. @param file its name for messages */
export function parseToolFile(text: string, file: string): ToolFileReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, version: '1.2', prettyErrors: false });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { file, line, column: col, message: error.message, mend: 'correct the YAML' };
    });
    return { ok: false, mistakes };
  }
  const value: unknown = document.toJS();
  const findings = checkToolDefinition(value);
  if (findings.length === 0) return { ok: true, definition: value as ToolDefinition };
  return { ok: false, mistakes: findings.map((finding) => placed(finding, { document, lines, file })) };
}

/** Checks a definition that came from anywhere. @returns every mistake with its path */
export function checkToolDefinition(value: unknown): Finding[] {
  if (!matchesSchema(value)) return (matchesSchema.errors ?? []).map(findingOf);
  return [...checkParameterSchema(value), ...checkLocks(value)];
}

/** Properties that may be left out need a default, so that a job's parameters are complete and its key is one. */
function checkParameterSchema(definition: ToolDefinition): Finding[] {
  const { parameters } = definition;
  const findings: Finding[] = [];
  // One instance per tool, so that two tools may use the same $id.
  const ajv = schemaValidator();
  try {
    ajv.compile(parameters);
  } catch (error) {
    const mend = 'see JSON Schema 2020-12';
    return [{ path: ['parameters'], message: `the schema can't be used: ${(error as Error).message}`, mend }];
  }
  for (const [name, schema] of Object.entries(parameters.properties)) {
    const path = ['parameters', 'properties', name];
    if (!('default' in schema)) {
      if (!parameters.required?.includes(name)) {
        findings.push({ path, message: `parameter '${name}' has no default`, mend: 'add one, or list it in required' });
      }
    } else if (!ajv.validate(schema, schema['default'])) {
      const message = `the default of parameter '${name}' doesn't fit its own schema: ${ajv.errorsText()}`;
      findings.push({ path: [...path, 'default'], message, mend: 'correct the default or the schema' });
    }
  }
  return findings;
}

function checkLocks({ runtime }: ToolDefinition): Finding[] {
  const locks = runtime.kind === 'process' ? (runtime.environment?.locks ?? []) : [];
  return locks.flatMap(({ file }, index) =>
    isSafeRelativePath(file)
      ? []
      : [
          {
            path: ['runtime', 'environment', 'locks', index, 'file'],
            message: `the lock file '${file}' lies outside the tool's folder`,
            mend: 'name a file of the folder',
          },
        ],
  );
}

function findingOf(error: ErrorObject): Finding {
  const path: Path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const where = path.length > 0 ? path.join('.') : 'the file';
  const { keyword, params } = error as { keyword: string; params: Record<string, unknown> };
  if (keyword === 'required') {
    return { path, message: `${where} lacks '${String(params['missingProperty'])}'`, mend: 'add it' };
  }
  if (keyword === 'additionalProperties') {
    const key = String(params['additionalProperty']);
    return { path: [...path, key], message: `${where} has the unknown key '${key}'`, mend: nearestKey(key) };
  }
  if (keyword === 'discriminator') {
    const mend = `write one of ${path[0] === 'runtime' ? 'process, container, http, external' : 'bitwise, machine, none'}`;
    return {
      path: [...path, String(params['tag'])],
      message: `${where}.${String(params['tag'])} is '${String(params['tagValue'])}'`,
      mend,
    };
  }
  const allowed = (params['allowedValues'] as unknown[] | undefined)?.join(', ');
  return {
    path,
    message: `${where} ${error.message ?? 'is wrong'}`,
    mend: allowed ? `write one of ${allowed}` : 'correct it',
  };
}

const KEYS = [
  ...Object.keys(TOOL_DEFINITION_SCHEMA.properties),
  ...['kind', 'optional', 'many', 'description', 'cpu', 'memoryMb', 'gpu', 'diskMb', 'level', 'names'],
  ...['command', 'environment', 'image', 'url', 'entry', 'python', 'locks', 'file', 'when', 'index'],
];

function nearestKey(key: string): string {
  const nearest = nearestName(key, KEYS);
  return nearest === null ? 'remove it' : `did you mean '${nearest}'?`;
}

/** The place of a finding: its own node, or of what it is missing in. */
function placed(
  { path, message, mend }: Finding,
  { document, lines, file }: { document: Document.Parsed; lines: LineCounter; file: string },
): ToolFileMistake {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as Node | undefined;
    if (!node?.range) continue;
    const { line, col } = lines.linePos(node.range[0]);
    return { file, line, column: col, message, mend };
  }
  return { file, line: 1, column: 1, message, mend };
}
