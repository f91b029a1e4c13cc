import { schemaOfClass, type RuleSchemas } from '@sedge/artifact-contracts';
import { CHANNELS } from './channels.js';
import { EVENT_CLASSES, type EventType } from './event-map.js';

type Json = Record<string, unknown>;

const DIGEST: Json = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' };
const mapOf = (values: Json): Json => ({ type: 'object', additionalProperties: values });

/** What the rules of events say in JSON Schema. */
const RULES: RuleSchemas = {
  isDigest: () => DIGEST,
  isDigestMap: () => mapOf(DIGEST),
  isDigestsMap: () => mapOf({ anyOf: [DIGEST, { type: 'array', items: DIGEST }] }),
  isStringMap: () => mapOf({ type: 'string' }),
  isNumberMap: () => mapOf({ type: 'number' }),
  isObject: () => ({ type: 'object' }),
};

const TOKENS: Record<string, string> = {
  stage: 'name of the stage that owns the tool',
  tool: 'name of the tool, `-` for each dot',
  kind: 'name of the kind, `-` for each dot',
};

/** The AsyncAPI 3.0 document of everything that services say to each other, made from the classes of the events. */
export function asyncApiDocument(): Json {
  const types = Object.keys(EVENT_CLASSES) as EventType[];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Sedge events',
      version: '1',
      description:
        'CloudEvents 1.0 in their JSON form on NATS subjects, kept in the JetStream stream SEDGE_EVENTS unless said otherwise. ' +
        'Delivered at least once: `source` and `id` name an event, and are its message id. Readers keep unknown fields; an event ' +
        'whose type has another major version is for other readers.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: Object.fromEntries(types.map((type) => [type, channelOf(type)])),
    operations: Object.fromEntries(types.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(types.map((type) => [type, messageOf(type)])),
      securitySchemes: {
        broker: {
          type: 'userPassword',
          description:
            'Each service, worker and bystander is a user of the broker, who may publish what is said here to be its own and hear ' +
            'what is meant for it. Replies come below `_INBOX.<user>.`.',
        },
      },
    },
  };
}

function channelOf(type: EventType): Json {
  const { summary, tokens, publishers, consumers, isTransient } = CHANNELS[type];
  return {
    address: [type.replace(/\.v\d+$/, ''), ...tokens.map((token) => `{${token}}`)].join('.'),
    summary: isTransient ? `${summary} May be dropped, and is in no durable stream.` : summary,
    parameters: Object.fromEntries(tokens.map((token) => [token, { description: TOKENS[token] }])),
    messages: { [type]: { $ref: `#/components/messages/${type}` } },
    'x-sedge-publishers': publishers,
    'x-sedge-consumers': consumers,
  };
}

function operationsOf(type: EventType): [string, Json][] {
  const channel = { $ref: `#/channels/${type}` };
  return (['send', 'receive'] as const).map((action) => [
    `${action} ${type}`,
    { action, channel, security: [{ $ref: '#/components/securitySchemes/broker' }] },
  ]);
}

function messageOf(type: EventType): Json {
  const text = { type: 'string' };
  return {
    name: type,
    summary: CHANNELS[type].summary,
    payload: {
      type: 'object',
      required: ['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype', 'data'],
      properties: {
        specversion: { const: '1.0' },
        id: { ...text, minLength: 1 },
        source: { ...text, minLength: 1, description: 'the service that says it, e.g. /services/training' },
        type: { const: type },
        subject: { ...text, description: 'the id of the job, artifact or tool it is about' },
        time: { ...text, format: 'date-time' },
        datacontenttype: { const: 'application/json' },
        dataschema: text,
        causationid: { ...text, description: 'the event or request that caused this one' },
        correlationid: { ...text, description: 'the run or request it belongs to' },
        traceparent: {
          ...text,
          description: "W3C trace context of what caused it (CloudEvents' extension for distributed tracing)",
        },
        data: schemaOfClass(EVENT_CLASSES[type] as new () => object, RULES),
      },
    },
  };
}
