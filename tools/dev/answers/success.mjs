// What a route answers when all is well: the media type and the schema of what its method returns.
import ts from 'typescript';

/** @returns null where the answer has no content */
export function successOf(method, schemas) {
  const place = `${method.parent.name.text}.${method.name.getText()}`;
  if (!method.type) throw new Error(`${place} does not say what it returns`);
  const node = withoutPromise(method.type);
  const name = ts.isTypeReferenceNode(node) ? node.typeName.getText() : '';
  const given = node.typeArguments?.map((argument) => schemas.checker.getTypeFromTypeNode(argument)) ?? [];
  if (name in STREAMS) return STREAMS[name](given, schemas);
  const type = schemas.checker.getTypeFromTypeNode(node);
  if (type.flags & ts.TypeFlags.Void) return null;
  const schema = schemas.of(type);
  if (Object.keys(schema).length === 0)
    throw new Error(`${place}: nothing is known of what it answers; give it a type`);
  return { mediaType: 'application/json', schema };
}

/** The types of libs/service-kit/src/answers/streams.ts. Parts of a stream are described as the items of a list (OpenAPI 3.2, sequential media types). */
const STREAMS = {
  JsonLines: ([line], schemas) => ({
    mediaType: 'application/x-ndjson',
    schema: { type: 'array', items: schemas.of(line) },
  }),
  ServerSentEvents: ([events], schemas) => {
    const checker = schemas.checker;
    const items = checker.getPropertiesOfType(events).map((event) => ({
      type: 'object',
      properties: {
        event: { const: event.name },
        data: {
          type: 'string',
          contentMediaType: 'application/json',
          contentSchema: schemas.of(checker.getTypeOfSymbol(event)),
        },
        id: { type: 'string' },
      },
      required: ['event', 'data'],
    }));
    return { mediaType: 'text/event-stream', schema: { type: 'array', items: { anyOf: items } } };
  },
  Bytes: ([mediaType]) => ({ mediaType: mediaType.value, schema: { type: 'string', format: 'binary' } }),
};

function withoutPromise(node) {
  const isPromise = ts.isTypeReferenceNode(node) && node.typeName.getText() === 'Promise';
  return isPromise ? node.typeArguments[0] : node;
}
