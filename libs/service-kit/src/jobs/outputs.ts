import { lstat, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  artifactTypeOf,
  canonicalJson,
  createManifest,
  findKind,
  isSafeRelativePath,
  manifestText,
  validateContent,
  validateFiles,
  validateMetadata,
  type ArtifactFile,
  type Digest,
  type KindMistake,
} from '@sedge/artifact-contracts';
import type { ArtifactStore } from '@sedge/ports';
import { METADATA_FILE, ToolError, type JobFile, type ToolDefinition } from '@sedge/tool-contracts';

/** An output of a job as an artifact in the store. */
export interface StoredOutput {
  name: string;
  artifact: Digest;
  kind: string;
  kindVersion: number;
  /** of its files and metadata */
  sizeBytes: number;
}

/** Metadata are figures and names; what is larger belongs in a file. */
const METADATA_LIMIT_BYTES = 16 << 20;
/** A content file above this is not checked against its class: it would have to be parsed in memory. */
const CONTENT_CHECK_LIMIT_BYTES = 64 << 20;

/**
 * Stores what a tool left in its output directories.
 * @throws ToolError TOOL_OUTPUT_INVALID when an output is missing or isn't what its kind says
 */
export async function storeOutputs(
  store: ArtifactStore,
  definition: ToolDefinition,
  outputs: JobFile['outputs'],
): Promise<StoredOutput[]> {
  const stored: StoredOutput[] = [];
  for (const [name, { path, kind }] of Object.entries(outputs)) {
    const metadata = await readMetadata(path, name);
    if (metadata === null) {
      if (definition.outputs[name]?.optional) continue;
      throw invalid(name, `the tool wrote no ${METADATA_FILE} into it`);
    }
    stored.push(await storeOutput(store, { name, path, kind, metadata }));
  }
  return stored;
}

interface Output {
  name: string;
  path: string;
  kind: string;
  metadata: unknown;
}

async function storeOutput(store: ArtifactStore, { name, path, kind, metadata }: Output): Promise<StoredOutput> {
  const paths = await filesUnder(path, name);
  refuse(name, validateMetadata(kind, metadata), 'metadata');
  refuse(name, validateFiles(kind, paths), 'files');
  const files: ArtifactFile[] = [];
  for (const file of paths) {
    await checkContent({ name, path, kind, metadata }, file);
    const { digest, sizeBytes } = await store.putFile(join(path, file));
    files.push({ path: file, digest, sizeBytes });
  }
  const kindVersion = findKind(kind)?.version ?? 1;
  const manifest = createManifest(artifactTypeOf(kind, kindVersion), metadata, files);
  await store.put(canonicalJson(metadata), manifest.config.digest);
  const { digest: artifact } = await store.put(manifestText(manifest));
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, manifest.config.size);
  return { name, artifact, kind, kindVersion, sizeBytes };
}

async function readMetadata(path: string, output: string): Promise<unknown> {
  const file = join(path, METADATA_FILE);
  const info = await lstat(file).catch(() => null);
  if (!info) return null;
  if (!info.isFile() || info.size > METADATA_LIMIT_BYTES)
    throw invalid(output, `${METADATA_FILE} is no file of a usable size`);
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw invalid(output, `${METADATA_FILE} is not JSON: ${(error as Error).message}`);
  }
}

/** The artifact's files by path. Links are refused: they could lead out of the directory. */
async function filesUnder(root: string, output: string, folder = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (path === METADATA_FILE) continue;
    if (entry.isDirectory()) paths.push(...(await filesUnder(root, output, path)));
    else if (!entry.isFile()) throw invalid(output, `'${path}' is a link or a special file`);
    else if (!isSafeRelativePath(path)) throw invalid(output, `'${path}' can't be the path of an artifact's file`);
    else paths.push(path);
  }
  return paths.sort();
}

async function checkContent({ name, path, kind }: Output, file: string): Promise<void> {
  if (!findKind(kind)?.contents?.[file]) return;
  const { size } = await lstat(join(path, file));
  if (size > CONTENT_CHECK_LIMIT_BYTES) return;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(join(path, file), 'utf8'));
  } catch (error) {
    throw invalid(name, `${file} is not JSON: ${(error as Error).message}`);
  }
  refuse(name, validateContent(kind, file, content), file);
}

function refuse(output: string, mistakes: KindMistake[], place: string): void {
  if (mistakes.length === 0) return;
  const sentences = mistakes.slice(0, 10).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw invalid(output, `${place}: ${sentences.join('; ')}`);
}

function invalid(output: string, message: string): ToolError {
  return new ToolError('TOOL_OUTPUT_INVALID', `output '${output}': ${message}`);
}
