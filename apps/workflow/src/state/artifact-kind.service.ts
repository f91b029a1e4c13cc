import { Injectable } from '@nestjs/common';
import {
  KINDS,
  findKind,
  isKindName,
  metadataSchemaOf,
  validateFiles,
  validateForm,
  validateMetadata,
  type KindMistake,
} from '@sedge/artifact-contracts';
import { Transactions, errorsOf } from '@sedge/service-kit';
import { schemaValidator } from '@sedge/tool-contracts';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { withinMs } from './within-ms.js';

const MAX_SCHEMA_BYTES = 256 << 10;
const COMPILE_MS = 5000;
const VALIDATE_MS = 1000;
/** How many third-party schemas are kept compiled. */
const KEPT_SCHEMAS = 100;
const error = errorsOf(ARTIFACT_ERRORS);

interface KindRow {
  name: string;
  version: number;
  schema: Record<string, unknown>;
}

/** A kind in a list. */
export interface KindSummary {
  name: string;
  version: number;
  /** one sentence; empty where a third party said none */
  summary: string;
  origin: 'sedge' | 'third-party';
}

/** The kinds there are: Sedge's own, which are classes, and those of third parties, which are JSON Schemas. */
@Injectable()
export class ArtifactKinds {
  /** by name and version, under which a schema never changes */
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(private readonly transactions: Transactions) {}

  async list(): Promise<KindSummary[]> {
    const own = KINDS.map(({ name, version, summary }) => ({ name, version, summary, origin: 'sedge' as const }));
    const others = await this.transactions.query<KindRow>(
      'SELECT name, version, schema FROM artifact_kind ORDER BY name, version',
    );
    const rest = others.map(({ name, version, schema }) => ({
      name,
      version,
      summary: typeof schema['description'] === 'string' ? schema['description'] : '',
      origin: 'third-party' as const,
    }));
    return [...own, ...rest];
  }

  /** @returns the JSON Schema of a kind's metadata. @throws ARTIFACT_KIND_ABSENT */
  async show(name: string): Promise<Record<string, unknown>> {
    const own = findKind(name);
    if (own) return metadataSchemaOf(own);
    const found = await this.findThirdParty(name, null);
    if (!found) throw error('ARTIFACT_KIND_ABSENT', { kind: name.slice(0, 100) });
    return found.schema;
  }

  /** Registers a third party's kind. The same schema again changes nothing. @throws ARTIFACT_KIND_INVALID, ARTIFACT_KIND_TAKEN */
  async register(name: string, version: number, schema: Record<string, unknown>): Promise<void> {
    if (!isKindName(name) || findKind(name))
      throw error('ARTIFACT_KIND_INVALID', { kind: name, reason: 'the name is taken' });
    const compiled = compile(schema);
    if (typeof compiled === 'string') throw error('ARTIFACT_KIND_INVALID', { kind: name, reason: compiled });
    await this.transactions.query(
      'INSERT INTO artifact_kind (name, version, schema) VALUES ($1, $2, $3::jsonb) ON CONFLICT DO NOTHING',
      [name, version, JSON.stringify(schema)],
    );
    const same = await this.transactions.query(
      'SELECT 1 FROM artifact_kind WHERE name = $1 AND version = $2 AND schema = $3::jsonb',
      [name, version, JSON.stringify(schema)],
    );
    if (same.length === 0) throw error('ARTIFACT_KIND_TAKEN', { kind: name, version });
  }

  /** Checks an artifact that comes from outside. @throws ARTIFACT_KIND_UNKNOWN, ARTIFACT_CONTENT_INVALID */
  async check(kind: string, version: number, metadata: unknown, paths: readonly string[]): Promise<void> {
    const mistakes = await this.mistakesOf(kind, version, metadata, paths);
    if (mistakes.length === 0) return;
    throw error('ARTIFACT_CONTENT_INVALID', { kind, mistakes: sentencesOf(mistakes) }, mistakes);
  }

  /** What of an artifact's metadata does not fit a third party's kind; nothing where nobody registered it. */
  async misfitsOf(kind: string, version: number, metadata: unknown): Promise<KindMistake[]> {
    const validate = await this.validatorOf(kind, version);
    return validate === null ? [] : misfitsBy(validate, metadata);
  }

  private async mistakesOf(
    kind: string,
    version: number,
    metadata: unknown,
    paths: readonly string[],
  ): Promise<KindMistake[]> {
    if (findKind(kind)?.version === version)
      return [...validateMetadata(kind, metadata), ...validateFiles(kind, paths)];
    const validate = await this.validatorOf(kind, version);
    if (validate === null) throw error('ARTIFACT_KIND_UNKNOWN', { kind, version });
    const misformed = validateForm(metadata);
    return misformed.length > 0 ? misformed : misfitsBy(validate, metadata);
  }

  /** @returns null where nobody registered the kind, the reason where its schema can't be used */
  private async validatorOf(kind: string, version: number): Promise<ValidateFunction | string | null> {
    const key = `${kind}.v${version}`;
    const known = this.compiled.get(key);
    if (known) return known;
    const row = await this.findThirdParty(kind, version);
    const validate = row && compile(row.schema);
    if (typeof validate !== 'function') return validate;
    this.compiled.set(key, validate);
    if (this.compiled.size > KEPT_SCHEMAS) this.compiled.delete(this.compiled.keys().next().value!);
    return validate;
  }

  private async findThirdParty(name: string, version: number | null): Promise<KindRow | null> {
    const rows = await this.transactions.query<KindRow>(
      `SELECT name, version, schema FROM artifact_kind WHERE name = $1 AND ($2::int IS NULL OR version = $2)
       ORDER BY version DESC LIMIT 1`,
      [name, version],
    );
    return rows[0] ?? null;
  }
}

/** @param validate of the kind's schema, or the reason why that can't be used */
function misfitsBy(validate: ValidateFunction | string, metadata: unknown): KindMistake[] {
  if (typeof validate === 'string') return [{ path: '', message: `the kind can't be checked: ${validate}` }];
  const fits = withinMs(VALIDATE_MS, () => validate(metadata));
  if (fits === 'timed out') {
    const message = `checking the metadata took more than ${VALIDATE_MS} ms: the schema of the kind is too costly`;
    return [{ path: '', message }];
  }
  if (fits) return [];
  return (validate.errors ?? []).map((mistake) => ({
    path: mistake.instancePath.slice(1).replaceAll('/', '.'),
    message: mistake.message ?? mistake.keyword,
  }));
}

/** Mistakes in one line. */
export function sentencesOf(mistakes: readonly KindMistake[]): string {
  return mistakes.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

/** A schema refers to nothing but itself: no other document is fetched. @returns the reason where it can't be used */
function compile(schema: Record<string, unknown>): ValidateFunction | string {
  if (JSON.stringify(schema).length > MAX_SCHEMA_BYTES) return `the schema has more than ${MAX_SCHEMA_BYTES} bytes`;
  const compiled = withinMs(COMPILE_MS, () => compileOrSay(schema));
  return compiled === 'timed out' ? `the schema takes more than ${COMPILE_MS} ms to compile` : compiled;
}

/** @returns the reason as a text where the schema can't be compiled */
function compileOrSay(schema: Record<string, unknown>): ValidateFunction | string {
  try {
    return schemaValidator().compile(schema);
  } catch (fault) {
    return (fault as Error).message;
  }
}
