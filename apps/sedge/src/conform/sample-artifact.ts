import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KINDS, contentSchemasOf, findKind, validateContent, validateMetadata } from '@sedge/artifact-contracts';
import { sampleOfSchema } from './json-sample.js';
import type { KindSchemas } from './kind-schemas.js';
import { writeAudioDataset, writeFeatures } from './sample-dataset.js';

type Metadata = Record<string, unknown>;

/** Kinds whose files are no JSON, and how a small one is made. */
const WRITERS: Record<string, (folder: string) => Promise<Metadata>> = {
  source: writeSource,
  'dataset.audio': writeAudioDataset,
  features: writeFeatures,
};

/**
 * Makes a small artifact of a kind: what its class asks for and nothing else.
 * @returns its metadata, or null where the kit can't make one: the kind's files are neither text nor JSON that its schema describes
 */
export async function writeSample(kind: string, kinds: KindSchemas, folder: string): Promise<Metadata | null> {
  const writer = WRITERS[kind];
  if (writer) return writer(folder);
  const known = findKind(kind);
  if (!known) return null;
  const files = known.files.required.map((path) => [path, contentOf(kind, path)] as const);
  const schema = kinds.schemaOf(kind);
  const metadata = schema && (sampleOfSchema(schema) as Metadata | undefined);
  if (!metadata || validateMetadata(kind, metadata).length > 0 || files.some(([, text]) => text === null)) return null;
  for (const [path, text] of files) await writeFile(join(folder, path), text!);
  return metadata;
}

/** The text of a JSON file with a schema, or of a page; null for any other. */
function contentOf(kind: string, path: string): string | null {
  if (path.endsWith('.html')) return '<!doctype html><title>sample</title>';
  const schema = contentSchemasOf(KINDS.find(({ name }) => name === kind)!)[path];
  const content = schema && sampleOfSchema(schema);
  return content === undefined || validateContent(kind, path, content).length > 0 ? null : JSON.stringify(content);
}

async function writeSource(folder: string): Promise<Metadata> {
  const text = 'a line of text\n';
  await writeFile(join(folder, 'source'), text);
  return { name: 'sample.txt', format: 'file', sizeBytes: text.length };
}
