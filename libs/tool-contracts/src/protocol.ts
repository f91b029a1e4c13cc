import { storableText, type Digest } from '@sedge/artifact-contracts';

/** An input as a running tool sees it: a read-only directory with the artifact's files. */
export interface JobInput {
  /** absolute path of the directory */
  path: string;
  id: Digest;
  kind: string;
  metadata: Record<string, unknown>;
}

/** `job.json`, whose path a tool finds in the environment variable SEDGE_JOB. */
export interface JobFile {
  job: Digest;
  attempt: number;
  inputs: Record<string, JobInput | JobInput[]>;
  /** each an empty directory: the tool writes its files and `metadata.json` there */
  outputs: Record<string, { path: string; kind: string }>;
  parameters: Record<string, unknown>;
  /** a directory that survives a retry or a resumed run of the same job, for checkpoints */
  scratch: string;
  threads: number;
}

/** One line of JSON on a tool's standard output. */
export type ToolLine =
  | { type: 'progress'; done: number; total: number; unit: string; metrics?: Record<string, number> }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string }
  | { type: 'error'; code: string; message: string };

/** The name, in an output directory, of the file with the artifact's typed metadata. It is not a file of the artifact. */
export const METADATA_FILE = 'metadata.json';

/** What a tool's exit code means. */
export const EXIT_CODES = { success: 0, permanent: 1, transient: 75, cancelled: 130 } as const;

/** Retry classes, each with a budget of its own. */
export type FailureClass = 'transient' | 'preempted' | 'permanent';

/**
 * Reads a line of a tool's standard output; what isn't a protocol line is a log line, so that `print` in a tool harms nothing. Its texts can be
 * kept by a database, whatever the tool wrote.
 */
export function parseToolLine(text: string): ToolLine {
  const asLog: ToolLine = { type: 'log', level: 'info', message: storableText(text) };
  if (!text.startsWith('{')) return asLog;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return asLog;
  }
  return isToolLine(value) ? storableLine(value) : asLog;
}

function storableLine(line: ToolLine): ToolLine {
  if (line.type === 'log') return { ...line, message: storableText(line.message) };
  if (line.type === 'error') return { ...line, code: storableText(line.code), message: storableText(line.message) };
  const { metrics, unit } = line;
  const named = metrics && Object.entries(metrics).map(([name, figure]) => [storableText(name), figure]);
  return { ...line, unit: storableText(unit), ...(named && { metrics: Object.fromEntries(named) as typeof metrics }) };
}

function isToolLine(value: unknown): value is ToolLine {
  const line = value as Record<string, unknown>;
  if (line['type'] === 'progress') {
    return Number.isFinite(line['done']) && Number.isFinite(line['total']) && typeof line['unit'] === 'string';
  }
  if (line['type'] === 'log') return typeof line['level'] === 'string' && typeof line['message'] === 'string';
  if (line['type'] === 'error') return typeof line['code'] === 'string' && typeof line['message'] === 'string';
  return false;
}
