import { describe, expect, it } from 'vitest';
import { AnswerCheck, type HeardAnswer } from './answer-check.js';

const json = (schema: object): object => ({ content: { 'application/json': { schema } } });
const THING = {
  type: 'object',
  properties: { name: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
  required: ['name'],
};
const REFUSED = {
  allOf: [{ $ref: '#/components/schemas/ErrorBody' }, { properties: { code: { enum: ['THING_UNKNOWN'] } } }],
};
const ERROR = {
  type: 'object',
  properties: { code: { type: 'string' }, message: { type: 'string' } },
  required: ['code'],
};
const line = { type: 'array', items: { $ref: '#/components/schemas/Thing' } };
const event = { event: { const: 'made' }, data: { contentSchema: { $ref: '#/components/schemas/Thing' } } };
const DOCUMENT = {
  paths: {
    '/v1/things/{id}': {
      get: { responses: { 200: json({ $ref: '#/components/schemas/Thing' }), 404: json(REFUSED) } },
    },
    '/v1/things/best': { get: { responses: { 200: json({ const: 'best' }) } } },
    '/v1/things/{id}/files/{path}': { get: { responses: { 200: { content: { '*/*': { schema: {} } } } } } },
    '/v1/things/{id}/lines': { get: { responses: { 200: { content: { 'application/x-ndjson': { schema: line } } } } } },
    '/v1/things/{id}/events': {
      get: {
        responses: {
          200: { content: { 'text/event-stream': { schema: { items: { anyOf: [{ properties: event }] } } } } },
        },
      },
    },
    '/v1/things': { post: { responses: { 204: {} } } },
  },
  components: { schemas: { Thing: THING, ErrorBody: ERROR } },
};

const answer = (path: string, body: unknown, more: Partial<HeardAnswer> = {}): HeardAnswer => ({
  method: 'GET',
  path,
  status: 200,
  contentType: 'application/json; charset=utf-8',
  text: typeof body === 'string' ? body : JSON.stringify(body),
  ...more,
});
const mistakes = (heard: HeardAnswer): string[] => new AnswerCheck(DOCUMENT).mistakesIn(heard);

describe('holding answers against an OpenAPI document', () => {
  it('finds nothing in what is as it says', () => {
    const good = [
      answer('/v1/things/1?all=1', { name: 'a', at: '2026-01-01T00:00:00.000Z' }),
      answer('/v1/things/best', '"best"'),
      answer('/v1/things/1', { code: 'THING_UNKNOWN', message: 'gone' }, { status: 404 }),
      answer('/v1/things/1/files/a/b.bin', 'bytes', { contentType: 'application/octet-stream' }),
      answer('/v1/things/1/lines', '{"name":"a"}\n{"name":"b"}\n', { contentType: 'application/x-ndjson' }),
      answer('/v1/things/1/events', ': hello\n\nid: 1\nevent: made\ndata: {"name":"a"}\n\n', {
        contentType: 'text/event-stream',
      }),
      answer('/v1/things', '', { method: 'POST', status: 204, contentType: null }),
      answer('/v1/others', 'whatever'),
    ];
    expect(good.flatMap(mistakes)).toEqual([]);
  });

  it.each<[string, HeardAnswer, RegExp]>([
    ['a property that it does not have', answer('/v1/things/1', { name: 'a', more: 1 }), /additional.*more/],
    ['a property that is missing', answer('/v1/things/1', {}), /name/],
    ['a value of another type', answer('/v1/things/1', { name: 1 }), /\/name must be string/],
    ['a time in another form', answer('/v1/things/1', { name: 'a', at: 'today' }), /date-time/],
    ['another code', answer('/v1/things/1', { code: 'THING_LOST' }, { status: 404 }), /\/code/],
    ['another status', answer('/v1/things/1', {}, { status: 409 }), /no such status/],
    ['another media type', answer('/v1/things/1', 'a', { contentType: 'text/html' }), /media type text\/html/],
    ['content where it has none', answer('/v1/things', 'x', { method: 'POST', status: 204 }), /no content/],
    ['a wrong line', answer('/v1/things/1/lines', '{"name":1}', { contentType: 'application/x-ndjson' }), /\/0\/name/],
    [
      'an event that it does not have',
      answer('/v1/things/1/events', 'event: lost\ndata: {}\n\n', { contentType: 'text/event-stream' }),
      /no event lost/,
    ],
    [
      "an event's data of another form",
      answer('/v1/things/1/events', 'event: made\ndata: {}\n\n', { contentType: 'text/event-stream' }),
      /made.*name/,
    ],
  ])('finds %s', (_what, heard, wanted) => {
    expect(mistakes(heard).join('\n')).toMatch(wanted);
  });

  it('knows which operations have not answered yet, and takes no refusal for an answer', () => {
    const check = new AnswerCheck(DOCUMENT);
    check.mistakesIn(answer('/v1/things/1', { code: 'THING_UNKNOWN' }, { status: 404 }));
    check.mistakesIn(answer('/v1/things/best', '"best"'));
    expect(check.silent()).toContain('GET /v1/things/{id}');
    expect(check.silent()).not.toContain('GET /v1/things/best');
  });
});
