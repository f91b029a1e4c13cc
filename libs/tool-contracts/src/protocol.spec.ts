import { describe, expect, it } from 'vitest';
import { parseToolLine } from './protocol.js';

describe('a line of a tool', () => {
  it.each([
    ['{"type":"error","code":"A\\u0000","message":"caf\\udce9"}', { code: 'A\uFFFD', message: 'caf\uFFFD' }],
    ['{"type":"log","level":"warn","message":"caf\\udce9"}', { message: 'caf\uFFFD' }],
    [
      '{"type":"progress","done":1,"total":2,"unit":"\\u0000","metrics":{"m\\udce9":0.5}}',
      { unit: '\uFFFD', metrics: { 'm\uFFFD': 0.5 } },
    ],
    ['printed \0', { type: 'log', message: 'printed \uFFFD' }],
  ])('has texts that a database keeps: %j', (text, wanted) => {
    expect(parseToolLine(text)).toMatchObject(wanted);
  });
});
