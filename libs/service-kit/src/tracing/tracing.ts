import { childOf, newTrace, type TraceContext } from './trace-context.js';

/** Something that was done, from its beginning to its end, as a part of a trace. */
export interface Span {
  name: string;
  kind: 'internal' | 'server' | 'consumer';
  /** name of the service that did it */
  service: string;
  context: TraceContext;
  /** null for the first span of a trace */
  parent: TraceContext | null;
  startedAt: Date;
  endedAt: Date;
  attributes: SpanAttributes;
  /** spans that it has to do with and that are not above it, e.g. the attempt before */
  links?: TraceContext[];
  /** why it failed; absent where it did not */
  failure?: string;
}

export type SpanAttributes = Record<string, string | number>;

/** Takes the spans of a process. */
export interface Tracing {
  /** false where nobody takes spans: then no context is made either, and one that came from outside is passed on */
  readonly isOn: boolean;
  record(span: Span): void;
  /** sends what is left */
  close(): Promise<void>;
}

export const TRACING = Symbol('Tracing');

export const NO_TRACING: Tracing = { isOn: false, record: () => undefined, close: async () => undefined };

/** What is known of a span at its beginning. */
export type SpanStart = Pick<Span, 'name' | 'kind' | 'service' | 'attributes'>;

/** Does work as a span below another. Without one nothing is recorded. */
export async function inSpan<Result>(
  tracing: Tracing,
  start: SpanStart & { parent: TraceContext | null },
  work: (context: TraceContext | null) => Promise<Result>,
): Promise<Result> {
  const { parent } = start;
  if (!tracing.isOn || parent === null) return work(parent);
  return recorded(tracing, { ...start, parent, context: childOf(parent) }, work);
}

/** Does work as the first span of a trace, or as the first span here of a trace that somebody outside began. */
export async function inFirstSpan<Result>(
  tracing: Tracing,
  start: SpanStart & { parent: TraceContext | null },
  work: (context: TraceContext | null) => Promise<Result>,
): Promise<Result> {
  if (!tracing.isOn || start.parent !== null) return inSpan(tracing, start, work);
  return recorded(tracing, { ...start, context: newTrace() }, work);
}

async function recorded<Result>(
  tracing: Tracing,
  span: Omit<Span, 'startedAt' | 'endedAt' | 'links' | 'failure'>,
  work: (context: TraceContext) => Promise<Result>,
): Promise<Result> {
  const startedAt = new Date();
  const end = (failure?: string): void =>
    tracing.record({ ...span, startedAt, endedAt: new Date(), ...(failure !== undefined && { failure }) });
  try {
    const result = await work(span.context);
    end();
    return result;
  } catch (error) {
    end(error instanceof Error ? error.message : String(error));
    throw error;
  }
}
