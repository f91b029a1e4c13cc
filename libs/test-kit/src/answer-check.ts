import { schemaValidator } from '@sedge/tool-contracts';

type Json = Record<string, unknown>;
type Validate = ReturnType<ReturnType<typeof schemaValidator>['compile']>;

/** As much of an OpenAPI document (3.1) as answers are held against. */
export interface AnswerDocument {
  paths: object;
  components?: { schemas?: object };
}

interface DocumentedOperation {
  responses: Record<string, { content?: Record<string, { schema?: Json }> }>;
}

/** An answer that came over HTTP. */
export interface HeardAnswer {
  method: string;
  /** with or without a query */
  path: string;
  status: number;
  contentType: string | null;
  text: string;
}

interface FoundOperation {
  name: string;
  pattern: RegExp;
  operation: DocumentedOperation;
}

/**
 * Holds answers against an OpenAPI document: status, media type and body must be as it says, and a body may hold nothing that it does not
 * say, although readers must take more.
 */
export class AnswerCheck {
  private readonly operations: FoundOperation[];
  private readonly schemas: Json;
  private readonly compiled = new Map<string, Validate>();
  private readonly answered = new Set<string>();

  constructor(document: AnswerDocument) {
    this.schemas = closed(document.components?.schemas ?? {}) as Json;
    this.operations = Object.entries(document.paths as Record<string, Record<string, DocumentedOperation>>)
      .sort(([a], [b]) => parametersIn(a) - parametersIn(b))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => {
          const name = `${method.toUpperCase()} ${path}`;
          return { name, pattern: patternOf(name), operation };
        }),
      );
  }

  /** Operations of the document that have answered nothing good yet. */
  silent(): string[] {
    return this.operations.map(({ name }) => name).filter((name) => !this.answered.has(name));
  }

  /** @returns what of the answer is not as the document says; nothing for paths that it does not have */
  mistakesIn(answer: HeardAnswer): string[] {
    const asked = `${answer.method} ${answer.path.split('?')[0]}`;
    const found = this.operations.find(({ pattern }) => pattern.test(asked));
    if (!found) return [];
    const place = `${found.name} ${answer.status}`;
    const documented = found.operation.responses[answer.status];
    if (!documented) return [`${place}: the document has no such status; the answer is ${answer.text.slice(0, 300)}`];
    if (answer.status < 300) this.answered.add(found.name);
    if (!documented.content) return answer.text === '' ? [] : [`${place}: the document has no content`];
    return this.mistakesInContent(place, documented.content, answer);
  }

  private mistakesInContent(place: string, content: Record<string, { schema?: Json }>, answer: HeardAnswer): string[] {
    const mediaType = answer.contentType?.split(';')[0] ?? 'none';
    if (content['*/*']) return [];
    const schema = content[mediaType]?.schema;
    if (!schema) return [`${place}: the document has no content of the media type ${mediaType}`];
    if (mediaType === 'application/json') {
      return this.mistakesInValue(place, schema, JSON.parse(answer.text));
    }
    if (mediaType === 'application/x-ndjson') {
      const lines = answer.text.split('\n').filter(Boolean);
      return this.mistakesInValue(
        place,
        schema,
        lines.map((line) => JSON.parse(line) as unknown),
      );
    }
    return mediaType === 'text/event-stream' ? this.mistakesInEvents(place, schema, answer.text) : [];
  }

  /** Events in their text form (HTML standard, 9.2.6), each with its data read. */
  private mistakesInEvents(place: string, schema: Json, text: string): string[] {
    const kinds = (schema as unknown as { items: { anyOf: EventSchema[] } }).items.anyOf;
    const blocks = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'));
    return blocks.flatMap((block) => {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
      const kind = kinds.find(({ properties }) => properties.event.const === fields.get('event'));
      if (!kind) return [`${place}: the document has no event ${fields.get('event')}`];
      const where = `${place} ${fields.get('event')}`;
      return this.mistakesInValue(where, kind.properties.data.contentSchema, JSON.parse(fields.get('data') ?? ''));
    });
  }

  private mistakesInValue(place: string, schema: Json, value: unknown): string[] {
    let validate = this.compiled.get(place);
    if (!validate) {
      const ajv = schemaValidator({ validateFormats: true, formats: FORMATS });
      validate = ajv.compile({ allOf: [closed(schema)], components: { schemas: this.schemas } });
      this.compiled.set(place, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${place}: ${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}

interface EventSchema {
  properties: { event: { const: string }; data: { contentSchema: Json } };
}

const FORMATS = { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, binary: true } as const;

/** The schema with every object closed to what is not said of it. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  const isOpen = inner['type'] === 'object' && 'properties' in inner && !('additionalProperties' in inner);
  return isOpen ? { ...inner, additionalProperties: false } : inner;
}

const parametersIn = (path: string): number => path.split('{').length - 1;

/** A parameter is a part of a path; one at the end that is called path may hold slashes. */
function patternOf(name: string): RegExp {
  const escaped = name.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replace(/\{path\}$/, '.+').replace(/\{\w+\}/g, '[^/]+')}$`);
}
