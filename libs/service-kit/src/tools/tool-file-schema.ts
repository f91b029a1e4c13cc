const name = { type: 'string', pattern: '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' };
const portName = { type: 'string', pattern: '^[a-z][A-Za-z0-9]*$' };
const kind = { type: 'string', pattern: '^[a-z][a-z0-9.-]*( *[|] *[a-z][a-z0-9.-]*)*$' };
const sentence = { type: 'string', minLength: 1 };

const port = {
  type: 'object',
  required: ['kind'],
  additionalProperties: false,
  properties: {
    kind,
    optional: { type: 'boolean' },
    many: { type: 'boolean' },
    description: sentence,
    metrics: { type: 'array', items: sentence },
  },
};

const ports = { type: 'object', propertyNames: portName, additionalProperties: port };

const lock = {
  type: 'object',
  required: ['file'],
  additionalProperties: false,
  properties: { file: sentence, when: { const: 'no-gpu' }, index: sentence },
};

const environment = {
  type: 'object',
  required: ['python', 'locks'],
  additionalProperties: false,
  properties: { python: sentence, locks: { type: 'array', minItems: 1, items: lock } },
};

const command = { type: 'array', minItems: 1, items: sentence };

/** What belongs to each runtime; the discriminator gives one message about the runtime that was meant instead of one for each there is. */
const runtime = {
  type: 'object',
  required: ['kind'],
  discriminator: { propertyName: 'kind' },
  oneOf: [
    {
      required: ['command'],
      additionalProperties: false,
      properties: { kind: { const: 'process' }, command, environment },
    },
    {
      required: ['image'],
      additionalProperties: false,
      properties: { kind: { const: 'container' }, image: sentence, command },
    },
    {
      required: ['url'],
      additionalProperties: false,
      properties: { kind: { const: 'http' }, url: { type: 'string', pattern: '^https?://' } },
    },
    { additionalProperties: false, properties: { kind: { const: 'external' } } },
    {
      required: ['entry'],
      additionalProperties: false,
      properties: { kind: { const: 'builtin' }, entry: sentence },
    },
  ],
};

const reproducibility = {
  type: 'object',
  required: ['level'],
  discriminator: { propertyName: 'level' },
  oneOf: [
    { additionalProperties: false, properties: { level: { const: 'bitwise' } } },
    { additionalProperties: false, properties: { level: { const: 'none' } } },
    {
      required: ['names'],
      additionalProperties: false,
      properties: {
        level: { const: 'machine' },
        names: {
          type: 'array',
          minItems: 1,
          uniqueItems: true,
          items: { enum: ['cpu-features', 'cpu-model', 'gpu-model', 'threads'] },
        },
      },
    },
  ],
};

/** JSON Schema of a tool definition, as `tool.yaml` holds it and as a tool's server declares it. */
export const TOOL_DEFINITION_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: [
    'name',
    'version',
    'stage',
    'summary',
    'inputs',
    'outputs',
    'parameters',
    'resources',
    'reproducibility',
    'runtime',
  ],
  additionalProperties: false,
  properties: {
    name,
    version: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9.+-]*$' },
    stage: name,
    summary: sentence,
    inputs: ports,
    outputs: { ...ports, minProperties: 1 },
    parameters: {
      type: 'object',
      required: ['type', 'properties'],
      properties: {
        type: { const: 'object' },
        properties: { type: 'object', propertyNames: portName, additionalProperties: { type: 'object' } },
        required: { type: 'array', items: portName },
        additionalProperties: { type: 'boolean' },
      },
    },
    resources: {
      type: 'object',
      required: ['cpu', 'memoryMb'],
      additionalProperties: false,
      properties: {
        cpu: { type: 'number', minimum: 0 },
        memoryMb: { type: 'number', exclusiveMinimum: 0 },
        gpu: { type: 'integer', minimum: 0 },
        diskMb: { type: 'number', minimum: 0 },
      },
    },
    reproducibility,
    runtime,
    graceMs: { type: 'integer', minimum: 0 },
  },
} as const;
