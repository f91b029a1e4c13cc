import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, describe, expect, it } from 'vitest';
import { ErrorCodes } from './error-codes.mjs';
import { controllersIn } from './routes.mjs';
import { successOf } from './success.mjs';
import { TypeSchemas } from './type-schema.mjs';

const PRELUDE = `
type Digest = \`sha256:\${string}\`;
type JsonLines<_Line> = void;
declare function Controller(path: string): ClassDecorator;
declare function Get(path?: string): MethodDecorator;
function errorsOf<const Table>(table: Table) {
  return (code: keyof Table & string, values?: object, details?: unknown): Error => new Error(code + details);
}
const error = errorsOf({
  GONE: { status: 404, sentence: 'gone', mend: 'look' },
  BUSY: { status: 409, sentence: 'busy', mend: 'wait' },
  WRONG: { status: 422, sentence: 'wrong', mend: 'mend' },
});
interface Port { ask(): Promise<void> }
`;

interface Found {
  success: { mediaType: string; schema: Record<string, unknown> } | null;
  codes: string[];
  schemas: Record<string, unknown>;
  rows: Record<string, unknown>;
}

let folder = '';
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is found of the method `route` of a controller with this text. */
function find(members: string, declarations = ''): Found {
  folder = mkdtempSync(join(tmpdir(), 'sedge-answers-'));
  const path = join(folder, 'sample.controller.ts');
  writeFileSync(path, `${PRELUDE}${declarations}\n@Controller('x')\nclass Sample {\n${members}\n}`);
  const options = { target: ts.ScriptTarget.ES2022, strict: true, experimentalDecorators: true, types: [] };
  const program = ts.createProgram([path], options);
  const schemas = new TypeSchemas(program.getTypeChecker());
  const errors = new ErrorCodes(schemas);
  const [{ routes }] = controllersIn(program.getSourceFile(path));
  const [method] = routes;
  return {
    success: successOf(method, schemas),
    codes: [...errors.of(method)].sort(),
    schemas: Object.fromEntries(schemas.schemas),
    rows: Object.fromEntries(errors.rows),
  };
}

const codesOf = (body: string, more = ''): string[] =>
  find(`@Get() async route(): Promise<void> { ${body} }\n${more}`).codes;

describe('what a route answers', () => {
  it('is the schema of what its method returns, named types by their name', () => {
    const { success, schemas } = find(
      '@Get() async route(): Promise<Thing> { throw 0; }',
      `
/** A thing. */
interface Thing {
  id: Digest;
  /** when */
  at: Date | null;
  state: 'open' | 'closed' | null;
  more?: number;
  tags: string[];
  by: Record<string, unknown>;
  part: Part | null;
}
type Part = { kind: 'b'; size: number } | { kind: 'a'; isLarge: boolean };
`,
    );
    expect(success).toEqual({ mediaType: 'application/json', schema: { $ref: '#/components/schemas/Thing' } });
    const part = (properties: Record<string, unknown>): object => ({
      type: 'object',
      properties,
      required: Object.keys(properties).sort(),
    });
    expect(schemas).toEqual({
      Thing: {
        type: 'object',
        description: 'A thing.',
        properties: {
          id: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
          at: { type: ['string', 'null'], format: 'date-time', description: 'when' },
          state: { type: ['string', 'null'], enum: ['closed', 'open', null] },
          more: { type: 'number' },
          tags: { type: 'array', items: { type: 'string' } },
          by: { type: 'object', additionalProperties: {} },
          part: { anyOf: expect.arrayContaining([{ type: 'null' }]) as unknown },
        },
        required: ['at', 'by', 'id', 'part', 'state', 'tags'],
      },
    });
    const { anyOf } = (schemas['Thing'] as { properties: { part: { anyOf: unknown[] } } }).properties.part;
    expect(anyOf.slice(0, 2)).toEqual([
      part({ kind: { const: 'a' }, isLarge: { type: 'boolean' } }),
      part({ kind: { const: 'b' }, size: { type: 'number' } }),
    ]);
  });

  it('is nothing, or the lines that it writes, where the return type says so', () => {
    expect(find('@Get() async route(): Promise<void> {}').success).toBeNull();
    expect(find('@Get() async route(): Promise<JsonLines<string>> {}').success).toEqual({
      mediaType: 'application/x-ndjson',
      schema: { type: 'array', items: { type: 'string' } },
    });
  });

  it('must be said', () => {
    expect(() => find('@Get() async route() { return 1; }')).toThrow('Sample.route does not say what it returns');
    expect(() => find('@Get() async route(): Promise<object> { throw 0; }')).toThrow('give it a type');
    expect(() => find('@Get() async route(): Promise<Missing> { throw 0; }')).toThrow('not known to the compiler');
    const twice =
      'interface One { a: Two.Same; b: Same } interface Same { x: 1 } namespace Two { export interface Same { y: 1 } }';
    expect(() => find('@Get() async route(): Promise<One> { throw 0; }', twice)).toThrow('called Same; rename one');
  });
});

describe('the errors of a route', () => {
  it('are those that it and what it calls make, with their rows and details', () => {
    const { codes, rows } = find(
      `
      constructor(private readonly port: Port) {}
      @Get() async route(code: 'GONE' | 'BUSY'): Promise<void> { await this.inner(); await this.port.ask(); throw error(code); }
      private async inner(): Promise<void> { [1].map(check); }
`,
      'const check = (n: number): void => { if (n) throw error("WRONG", {}, { places: ["a"] }); };',
    );
    expect(codes).toEqual(['BUSY', 'GONE', 'WRONG']);
    expect(rows['GONE']).toEqual({ status: 404, sentence: 'gone', mend: 'look' });
    expect(rows['WRONG']).toMatchObject({
      status: 422,
      details: { properties: { places: { type: 'array', items: { type: 'string' } } } },
    });
  });

  const LOSE = 'private async lose(): Promise<number> { throw error("GONE"); }';

  it('are none that are caught for good, or that nobody waits for', () => {
    expect(codesOf('await this.lose();', LOSE)).toEqual(['GONE']);
    expect(codesOf('try { await this.lose(); } catch { return; }', LOSE)).toEqual([]);
    expect(codesOf('await this.lose().catch(() => 1);', LOSE)).toEqual([]);
    expect(codesOf('await this.lose().then(() => 2, () => 1);', LOSE)).toEqual([]);
    expect(codesOf('void this.lose();', LOSE)).toEqual([]);
  });

  it('are those of a handler too, and those that it hands on', () => {
    expect(codesOf('try { await this.lose(); } catch { throw error("BUSY"); }', LOSE)).toEqual(['BUSY', 'GONE']);
    expect(codesOf('await this.lose().catch((e) => { throw e; });', LOSE)).toEqual(['GONE']);
    expect(
      codesOf('await this.lose().catch(() => { this.busy(); });', `${LOSE} busy(): void { throw error("BUSY"); }`),
    ).toEqual(['BUSY']);
  });
});
