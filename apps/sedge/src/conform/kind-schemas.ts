import { readFile } from 'node:fs/promises';
import { KINDS, isKindName, metadataSchemaOf } from '@sedge/artifact-contracts';
import { schemaValidator } from '@sedge/tool-contracts';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

type Schema = Record<string, unknown>;

const ajv = schemaValidator();

/** The schemas of the metadata of all kinds: Sedge's own, and those that were given by --kind. */
export class KindSchemas {
  private readonly own = new Map<string, { schema: Schema; validate: ValidateFunction }>();

  /** @param options each `NAME=FILE`, a JSON Schema of the kind's metadata. @throws CommandError that names the file */
  static async read(options: readonly string[]): Promise<KindSchemas> {
    const schemas = new KindSchemas();
    for (const option of options) await schemas.add(option);
    return schemas;
  }

  private async add(option: string): Promise<void> {
    const [, name = '', file = ''] = /^([^=]+)=(.+)$/.exec(option) ?? [];
    const mend =
      'write --kind NAME=FILE, where FILE is the JSON Schema of the metadata, e.g. --kind report.ours=report.schema.json';
    if (!isKindName(name)) throw wrong(`--kind '${option}' names no kind`, mend);
    if (KINDS.some((kind) => kind.name === name))
      throw wrong(`--kind: ${name} is a kind of Sedge's own`, 'leave it out');
    try {
      const schema = JSON.parse(await readFile(file, 'utf8')) as Schema;
      this.own.set(name, { schema, validate: ajv.compile(schema) });
    } catch (error) {
      throw wrong(`--kind ${name}: ${file} can't be used as a JSON Schema: ${(error as Error).message}`, mend);
    }
  }

  /** Kinds of somebody's own, by name. */
  all(): [string, Schema][] {
    return [...this.own].map(([name, { schema }]) => [name, schema]);
  }

  /** The schema of a kind's metadata, or null where nobody said it. */
  schemaOf(kind: string): Schema | null {
    const known = KINDS.find(({ name }) => name === kind);
    return known ? metadataSchemaOf(known) : (this.own.get(kind)?.schema ?? null);
  }

  /** What is wrong with the metadata of a kind of somebody's own; those of Sedge's own kinds are checked when they are stored. */
  mistakeIn(kind: string, metadata: unknown): string | null {
    const own = this.own.get(kind);
    return own === undefined || own.validate(metadata)
      ? null
      : ajv.errorsText(own.validate.errors, { dataVar: 'metadata' });
  }
}

const wrong = (message: string, mend: string): CommandError =>
  new CommandError('CONFORM_KIND_UNUSABLE', message, EXIT.usage, mend);
