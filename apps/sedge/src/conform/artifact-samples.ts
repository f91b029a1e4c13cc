import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  artifactTypeOf,
  canonicalJson,
  createManifest,
  findKind,
  isSafeRelativePath,
  manifestText,
  validateFiles,
  validateMetadata,
  type ArtifactFile,
  type Digest,
} from '@sedge/artifact-contracts';
import type { ArtifactStore } from '@sedge/ports';
import { METADATA_FILE } from '@sedge/tool-contracts';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** An artifact that the kit gives to a tool: its files lie in a folder of the kit's own. */
export interface ArtifactSample {
  id: Digest;
  kind: string;
  metadata: Record<string, unknown>;
  /** paths within the folder */
  files: string[];
  digests: Record<string, Digest>;
  folder: string;
}

/** Puts artifacts that come from anywhere into the store of the bench, unchecked where they are meant to be broken. */
export class ArtifactSamples {
  private readonly samples = new Map<Digest, ArtifactSample>();

  constructor(
    private readonly store: ArtifactStore,
    /** told of each new artifact */
    private readonly onStored: (sample: ArtifactSample, sizeBytes: number) => Promise<void> = async () => {},
  ) {}

  /** Stores the files of a folder as they are. */
  async put(kind: string, metadata: Record<string, unknown>, folder: string): Promise<ArtifactSample> {
    const files: ArtifactFile[] = [];
    for (const path of await filesUnder(folder)) {
      // Not by link: a tool that writes into its inputs must not change what they are made from.
      files.push({ path, ...(await this.store.put(createReadStream(join(folder, path)))) });
    }
    const manifest = createManifest(artifactTypeOf(kind, findKind(kind)?.version ?? 1), metadata, files);
    await this.store.put(canonicalJson(metadata));
    const { digest: id } = await this.store.put(manifestText(manifest));
    const digests = Object.fromEntries(files.map(({ path, digest }) => [path, digest]));
    const sample = { id, kind, metadata, files: Object.keys(digests), digests, folder };
    this.samples.set(id, sample);
    await this.onStored(
      sample,
      files.reduce((sum, { sizeBytes }) => sum + sizeBytes, manifest.config.size),
    );
    return sample;
  }

  /** Stores a copy of a sample in which one file is another. */
  async putChanged(sample: ArtifactSample, path: string, bytes: Buffer, folder: string): Promise<ArtifactSample> {
    for (const file of sample.files) {
      const target = join(folder, file);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, file === path ? bytes : await readFile(join(sample.folder, file)));
    }
    return this.put(sample.kind, sample.metadata, folder);
  }

  find(id: Digest): ArtifactSample {
    const sample = this.samples.get(id);
    if (!sample) throw new Error(`the kit never stored ${id}`);
    return sample;
  }

  /** The first file of a laid-out sample that is not as it was given, or null. */
  async changedFile(id: Digest, path: string): Promise<string | null> {
    const { files, digests } = this.find(id);
    const there = await filesUnder(path);
    const strange = there.find((file) => !files.includes(file));
    if (strange !== undefined) return strange;
    for (const file of files) {
      if (!there.includes(file) || (await digestOfFile(join(path, file))) !== digests[file]) return file;
    }
    return null;
  }

  /** Stores a sample anew whose blobs, which are linked into the inputs, a tool has written to. */
  async restore(id: Digest): Promise<void> {
    const { files, digests, folder } = this.find(id);
    for (const file of files) {
      if ((await this.store.verify(digests[file]!)) === 'ok') continue;
      await this.store.remove(digests[file]!);
      await this.store.put(createReadStream(join(folder, file)));
    }
  }
}

async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}

/**
 * Reads a folder that holds an artifact: its files, and its metadata in `metadata.json`.
 * @param kinds that it may be of; the first that fits
 * @throws CommandError that names the file
 */
export async function readArtifactFolder(
  folder: string,
  kinds: readonly string[],
): Promise<{ kind: string; metadata: Record<string, unknown> }> {
  const mend = `lay the artifact out as a folder: its files, and its metadata as ${METADATA_FILE} (see docs/reference/kinds)`;
  const place = join(folder, METADATA_FILE);
  const text = await readFile(place, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const message = `${place} can't be read: ${error.code === 'ENOENT' ? 'there is no such file' : error.message}`;
    throw new CommandError('CONFORM_INPUT_UNUSABLE', message, EXIT.usage, mend);
  });
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch (error) {
    const message = `${place} is not JSON: ${(error as Error).message}`;
    throw new CommandError('CONFORM_INPUT_UNUSABLE', message, EXIT.usage, mend);
  }
  const paths = await filesUnder(folder);
  const mistakes = kinds.map((kind) => [...validateMetadata(kind, metadata), ...validateFiles(kind, paths)]);
  const fitting = mistakes.findIndex((found) => found.length === 0);
  if (fitting >= 0) return { kind: kinds[fitting]!, metadata: metadata as Record<string, unknown> };
  const sentences = mistakes[0]!.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const message = `${folder} is no artifact of kind ${kinds.join(' or ')}: ${sentences.join('; ')}`;
  throw new CommandError('CONFORM_INPUT_UNUSABLE', message, EXIT.usage, mend);
}

/** The files of an artifact that lies in a folder, metadata apart, in their order. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== METADATA_FILE && isSafeRelativePath(path))
    .sort();
}

/** Writes the files of an artifact and its metadata into an empty folder. */
export async function writeArtifactFolder(
  folder: string,
  metadata: Record<string, unknown>,
  files: Record<string, string | Buffer>,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, METADATA_FILE), JSON.stringify(metadata));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
