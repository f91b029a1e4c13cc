import { buffer } from 'node:stream/consumers';
import { filesOf, parseManifest, type Digest } from '@sedge/artifact-contracts';
import type { ArtifactStore } from '@sedge/ports';

type Outputs = Record<string, Digest>;

/** Where files differ is looked for in this much of them. */
const COMPARE_BYTES = 64 << 20;

/** The first difference between two results of a tool as a sentence, or null where they are the same. */
export async function differenceOf(store: ArtifactStore, before: Outputs, after: Outputs): Promise<string | null> {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  for (const name of names) {
    if (before[name] === after[name]) continue;
    if (!before[name] || !after[name])
      return `output '${name}' was there ${before[name] ? 'only before' : 'only later'}`;
    return `output '${name}': ${await artifactDifference(store, before[name], after[name])}`;
  }
  return null;
}

async function artifactDifference(store: ArtifactStore, before: Digest, after: Digest): Promise<string> {
  const [one, other] = await Promise.all([read(store, before), read(store, after)]);
  if (one.config !== other.config) return `metadata.json differs: ${firstDifference(one.metadata, other.metadata)}`;
  const paths = [...new Set([...one.files.keys(), ...other.files.keys()])].sort();
  for (const path of paths) {
    const [a, b] = [one.files.get(path), other.files.get(path)];
    if (a === b) continue;
    if (!a || !b) return `${path} is in only one of them`;
    return `${path} differs: ${firstDifference(await head(store, a), await head(store, b))}`;
  }
  return 'the kinds differ';
}

async function read(
  store: ArtifactStore,
  id: Digest,
): Promise<{ config: Digest; metadata: Buffer; files: Map<string, Digest> }> {
  const manifest = parseManifest((await buffer(await store.read(id))).toString('utf8'));
  const files = new Map(filesOf(manifest).map(({ path, digest }) => [path, digest]));
  return { config: manifest.config.digest, metadata: await buffer(await store.read(manifest.config.digest)), files };
}

async function head(store: ArtifactStore, digest: Digest): Promise<Buffer> {
  const { sizeBytes } = (await store.stat(digest))!;
  return sizeBytes === 0
    ? Buffer.alloc(0)
    : buffer(await store.read(digest, { start: 0, end: Math.min(sizeBytes, COMPARE_BYTES) - 1 }));
}

/** `byte 17: …"value": 3… and …"value": 4…`, with what stands around it where that is text. */
export function firstDifference(one: Buffer, other: Buffer): string {
  const shorter = Math.min(one.length, other.length);
  let at = 0;
  while (at < shorter && one[at] === other[at]) at++;
  if (at === shorter && one.length === other.length) return 'beyond what was compared';
  const around = (bytes: Buffer): string => {
    const text = bytes.subarray(Math.max(0, at - 12), at + 24).toString('latin1');
    return /^[\t\n\r\x20-\x7e]*$/.test(text) ? text.replace(/\s+/g, ' ') : bytes.subarray(at, at + 8).toString('hex');
  };
  return `from byte ${at} on: …${around(one)}… and …${around(other)}…`;
}
