import { createHash, randomBytes } from 'node:crypto';

/** A place in a trace: a span, by its own id and that of its trace. @see https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 hexadecimal digits */
  traceId: string;
  /** 16 hexadecimal digits */
  spanId: string;
  /** whether whoever began the trace wants it recorded */
  isSampled: boolean;
}

/** Later versions may have more after a hyphen. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 1;
const isZero = (id: string): boolean => /^0+$/.test(id);

/** Reads a `traceparent`. @returns null for what is none, as the standard wants: the trace begins anew then */
export function parseTraceparent(text: unknown): TraceContext | null {
  if (typeof text !== 'string' || text.length > 256) return null;
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null;
  if (isZero(traceId!) || isZero(spanId!)) return null;
  return { traceId: traceId!, spanId: spanId!, isSampled: (Number.parseInt(flags!, 16) & SAMPLED) !== 0 };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}

/** The first span of a trace. */
export function newTrace(): TraceContext {
  return { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), isSampled: true };
}

/** A new span below another. */
export function childOf({ traceId, isSampled }: TraceContext): TraceContext {
  return { traceId, spanId: randomBytes(8).toString('hex'), isSampled };
}

/**
 * The span below another that stands for something with a name, e.g. the third attempt of a job. Whoever knows the name knows the span's
 * id, so that a process that ends the work can tell of it although another began it.
 */
export function spanNamed({ traceId, spanId, isSampled }: TraceContext, ...name: (string | number)[]): TraceContext {
  const digest = createHash('sha256').update([spanId, ...name].join('\n'));
  return { traceId, spanId: digest.digest('hex').slice(0, 16), isSampled };
}
