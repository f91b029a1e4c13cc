import { describe, expect, it } from 'vitest';
import { schemaValidator } from './schema-validator.js';

const NEARLY = `${'a'.repeat(100_000)}!`;

describe('a validator of schemas from outside', () => {
  it('takes no longer than the text is long, whatever the pattern', () => {
    const schemas = [
      { type: 'string', pattern: '^(a+)+$' },
      { type: 'string', pattern: '^(a|a)*$' },
      { type: 'string', pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' },
    ];
    for (const schema of schemas) expect(schemaValidator().validate(schema, NEARLY)).toBe(false);
    const keyed = { type: 'object', patternProperties: { '^(a+)+$': false }, propertyNames: { pattern: '^(a*)*!$' } };
    expect(schemaValidator().validate(keyed, { [NEARLY]: 1 })).toBe(true);
  });

  it('means by a pattern what JSON Schema means', () => {
    const fits = (pattern: string, text: string): boolean => schemaValidator().validate({ pattern }, text);
    expect(fits('b', 'abc')).toBe(true);
    expect(fits('^\\u0061\\d{2}$', 'a12')).toBe(true);
    expect(fits('^\\p{L}+$', 'Äöü')).toBe(true);
    expect(fits('^(?<hex>[0-9a-f]{64})$', 'f'.repeat(64))).toBe(true);
    expect(fits('^a$', 'a\n')).toBe(false);
    expect(fits('^.$', '😀')).toBe(true);
    expect(fits('a/b', 'a/b')).toBe(true);
  });

  it.each(['(?=a)b', '(?<!a)b', '(a)\\1', 'a{1001}', '((a{100}){100}){100}', '['])(
    'refuses %s, and says why',
    (pattern) => {
      expect(() => schemaValidator().compile({ properties: { name: { pattern } } })).toThrow(
        `the pattern ${pattern} can't be used, it must be one of RE2: `,
      );
    },
  );
});
