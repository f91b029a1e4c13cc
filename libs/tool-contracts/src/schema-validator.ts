import { Ajv2020, type Options } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';

/**
 * What compiles JSON Schemas (2020-12) that come from outside: of tools' parameters and of third parties' kinds.
 * `format` is a remark and checks nothing, as the standard has it. Patterns are those of RE2, whose time grows with the length of the text
 * and no faster: one that looks ahead or behind, refers back, or repeats more than 1000 times is an error when the schema is compiled.
 */
export function schemaValidator(options: Options = {}): Ajv2020 {
  return new Ajv2020({
    allErrors: true,
    strict: false,
    validateFormats: false,
    logger: false,
    ...options,
    code: { regExp: linearPattern },
  });
}

/** RE2's algorithm: Cox, Regular Expression Matching in the Wild (2010). @throws Error that says what of the pattern can't be used */
function linearPattern(pattern: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch (error) {
    throw new Error(`the pattern ${pattern} can't be used, it must be one of RE2: ${(error as Error).message}`);
  }
}
linearPattern.code = 'linearPattern';
