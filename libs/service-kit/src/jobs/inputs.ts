import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { filesOf, parseArtifactType, parseManifest, type Digest, type Manifest } from '@sedge/artifact-contracts';
import type { ArtifactStore } from '@sedge/ports';
import { ToolError, mistakeOfPaths, type JobInput, type ToolDefinition } from '@sedge/tool-contracts';

/** An artifact's manifest with what it says of itself. */
export interface OpenedArtifact {
  manifest: Manifest;
  kind: string;
  metadata: Record<string, unknown>;
}

/** Reads manifest and metadata of an artifact; both are verified by the store. @throws ToolError where it can't be laid out */
export async function openArtifact(store: ArtifactStore, id: Digest): Promise<OpenedArtifact> {
  const manifest = parseManifest(await text(await store.read(id)));
  const kind = parseArtifactType(manifest.artifactType)?.kind;
  if (kind === undefined) {
    throw new ToolError('JOB_INPUT_INVALID', `artifact ${id} has the unknown type '${manifest.artifactType}'`);
  }
  const mistake = mistakeOfPaths(filesOf(manifest).map((file) => file.path));
  if (mistake !== null) {
    throw new ToolError('JOB_INPUT_INVALID', `artifact ${id}: '${mistake.path}' can't be its file: ${mistake.reason}`);
  }
  const metadata = JSON.parse(await text(await store.read(manifest.config.digest))) as Record<string, unknown>;
  return { manifest, kind, metadata };
}

/**
 * Lays the inputs of a job out as directories of read-only, verified files.
 * @throws ToolError JOB_INPUT_INVALID where an input is missing, unknown to the tool, or of another kind than it takes
 */
export async function layOutInputs(
  store: ArtifactStore,
  definition: ToolDefinition,
  inputs: Record<string, Digest | Digest[]>,
  directory: string,
): Promise<Record<string, JobInput | JobInput[]>> {
  assertComplete(definition, inputs);
  const laidOut: Record<string, JobInput | JobInput[]> = {};
  for (const [name, ids] of Object.entries(inputs)) {
    const place = { store, input: name, accepted: definition.inputs[name]!.kind };
    if (!Array.isArray(ids)) {
      laidOut[name] = await layOut(place, ids, join(directory, name));
      continue;
    }
    const items: JobInput[] = [];
    for (const [index, id] of ids.entries()) items.push(await layOut(place, id, join(directory, name, String(index))));
    laidOut[name] = items;
  }
  return laidOut;
}

interface Place {
  store: ArtifactStore;
  input: string;
  /** kinds, separated by `|` */
  accepted: string;
}

async function layOut({ store, input, accepted }: Place, id: Digest, path: string): Promise<JobInput> {
  const { manifest, kind, metadata } = await openArtifact(store, id);
  if (!accepted.split('|').some((wanted) => wanted.trim() === kind)) {
    throw new ToolError('JOB_INPUT_INVALID', `input '${input}' takes ${accepted}, and ${id} is of kind ${kind}`);
  }
  await mkdir(path, { recursive: true });
  for (const file of filesOf(manifest)) {
    const target = join(path, file.path);
    await mkdir(dirname(target), { recursive: true });
    await store.fetchFile(file.digest, target);
  }
  return { path, id, kind, metadata };
}

function assertComplete(definition: ToolDefinition, inputs: Record<string, unknown>): void {
  const { name, inputs: ports } = definition;
  const unknown = Object.keys(inputs).filter((input) => !ports[input]);
  if (unknown.length > 0) throw new ToolError('JOB_INPUT_INVALID', `${name} has no input '${unknown.join(`', '`)}'`);
  const missing = Object.keys(ports).filter((input) => !ports[input]!.optional && !(input in inputs));
  if (missing.length > 0) throw new ToolError('JOB_INPUT_INVALID', `${name} needs the input '${missing.join(`', '`)}'`);
  const wrong = Object.keys(inputs).filter((input) => Array.isArray(inputs[input]) !== (ports[input]!.many ?? false));
  if (wrong.length > 0) {
    throw new ToolError(
      'JOB_INPUT_INVALID',
      `${name}: the input '${wrong[0]}' takes ${ports[wrong[0]!]!.many ? 'a list' : 'one artifact'}`,
    );
  }
}
