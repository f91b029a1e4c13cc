import { KINDS, type Digest } from '@sedge/artifact-contracts';
import type { ArtifactProducer } from '@sedge/event-contracts';
import { suggestName, type ToolDefinition } from '@sedge/tool-contracts';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { ApiClient } from './api-client.js';

/** An artifact in a list. */
export interface ArtifactSummary {
  id: Digest;
  kind: string;
  kindVersion: number;
  sizeBytes: number;
  storedAt: string;
  producedBy: ArtifactProducer | null;
  derivedFrom: Digest[];
  /** why it is pinned, null when it isn't */
  pin: string | null;
  metadata: Record<string, unknown> | null;
}

export interface ArtifactFileEntry {
  path: string;
  digest: Digest;
  sizeBytes: number;
}

export interface ArtifactDetail extends ArtifactSummary {
  files: ArtifactFileEntry[];
}

interface Page {
  items: ArtifactSummary[];
  nextCursor: string | null;
}

const PAGE = 500;

/** Artifacts, newest first, page by page as they are needed. */
export async function* listArtifacts(api: ApiClient, kind: string | null): AsyncGenerator<ArtifactSummary> {
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(PAGE), ...(kind && { kind }), ...(cursor && { cursor }) });
    const page: Page = await api.get<Page>(`/v1/artifacts?${query.toString()}`);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== null);
}

/**
 * Sees to it that a kind of which nothing is there is one all the same: of Sedge itself, or of a tool that the server knows.
 * @throws CommandError CLI_KIND_UNKNOWN
 */
export async function assertKindKnown(api: ApiClient, kind: string): Promise<void> {
  const { tools } = await api.get<{ tools: ToolDefinition[] }>('/v1/tools');
  const ports = tools.flatMap(({ inputs, outputs }) => [...Object.values(inputs), ...Object.values(outputs)]);
  const known = new Set([...KINDS.map(({ name }) => name), ...ports.map((port) => port.kind)]);
  if (known.has(kind)) return;
  throw new CommandError('CLI_KIND_UNKNOWN', `no kind '${kind}' is known`, EXIT.notFound, suggestName(kind, known));
}

/** Whether a text can be an artifact id or the beginning of one. */
export function looksLikeArtifactId(text: string): boolean {
  return /^(sha256:)?[0-9a-f]{6,64}$/.test(text);
}

/**
 * The whole id of an artifact that is named by its id or by the beginning of it, as lists show it.
 *
 * @throws CommandError CLI_ID_INVALID, CLI_ARTIFACT_UNKNOWN, CLI_ID_AMBIGUOUS
 */
export async function artifactIdOf(api: ApiClient, text: string): Promise<Digest> {
  const mend = 'list them: npx sedge artifacts list';
  if (!looksLikeArtifactId(text)) {
    throw new CommandError('CLI_ID_INVALID', `'${text}' is no artifact id`, EXIT.usage, mend);
  }
  const start = text.startsWith('sha256:') ? text : `sha256:${text}`;
  if (start.length === 'sha256:'.length + 64) return start as Digest;
  const found: Digest[] = [];
  for await (const artifact of listArtifacts(api, null)) if (artifact.id.startsWith(start)) found.push(artifact.id);
  if (found.length === 0) {
    throw new CommandError('CLI_ARTIFACT_UNKNOWN', `no artifact's id begins with ${text}`, EXIT.notFound, mend);
  }
  if (found.length > 1) {
    const message = `${found.length} artifacts' ids begin with ${text}`;
    throw new CommandError(
      'CLI_ID_AMBIGUOUS',
      message,
      EXIT.usage,
      `write more of it: ${found.slice(0, 3).join(', ')}`,
    );
  }
  return found[0]!;
}

/** Address of a file of an artifact. */
export function filePath(id: string, path: string): string {
  return `/v1/artifacts/${id}/files/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** Reads a JSON file of an artifact. */
export async function readJsonFile<Content>(api: ApiClient, id: string, path: string): Promise<Content> {
  return JSON.parse(await api.text(filePath(id, path))) as Content;
}
