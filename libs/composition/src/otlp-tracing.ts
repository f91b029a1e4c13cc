import {
  DiagLogLevel,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  diag,
  trace,
  type SpanContext,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  type IdGenerator,
} from '@opentelemetry/sdk-trace-base';
import type { Span, TraceContext, Tracing } from '@sedge/service-kit';

const KINDS: Record<Span['kind'], SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  consumer: SpanKind.CONSUMER,
};
/** What a collector that does not answer may cost at the end of the process. */
const CLOSE_MS = 5000;

/** Gives the ids that a span has already: somebody may have told others of it long before it ends. */
class GivenIds implements IdGenerator {
  next: TraceContext | null = null;

  generateTraceId(): string {
    return this.next!.traceId;
  }

  generateSpanId(): string {
    return this.next!.spanId;
  }
}

/** Sends spans to an OpenTelemetry collector (OTLP over HTTP), each under the name of the service that did the work. */
export class OtlpTracing implements Tracing {
  readonly isOn = true;
  private readonly ids = new GivenIds();
  private readonly processor: BatchSpanProcessor;
  private readonly tracers = new Map<string, Tracer>();

  /** The exporter reads its address, its headers and its time limit from the variables of the process by itself. */
  constructor(
    private readonly environment: Record<string, string | undefined>,
    onTrouble: (message: string) => void,
  ) {
    const tell = (message: string): void => onTrouble(`traces: ${message}`);
    const logger = { error: tell, warn: tell, info: tell, debug: tell, verbose: tell };
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
    this.processor = new BatchSpanProcessor(new OTLPTraceExporter());
  }

  record({ name, kind, service, context, parent, startedAt, endedAt, attributes, links = [], failure }: Span): void {
    this.ids.next = context;
    const above = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent));
    const options = {
      kind: KINDS[kind],
      startTime: startedAt,
      attributes,
      links: links.map((link) => ({ context: spanContextOf(link) })),
    };
    const span = this.tracerOf(service).startSpan(name, options, above);
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end(endedAt);
  }

  async close(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([this.processor.shutdown(), late]);
  }

  /** In the all-in-one process each service is seen by its own name; all share the way out. */
  private tracerOf(service: string): Tracer {
    let tracer = this.tracers.get(service);
    if (!tracer) {
      const name = this.environment['OTEL_SERVICE_NAME'] ?? service;
      tracer = new BasicTracerProvider({
        resource: defaultResource().merge(
          resourceFromAttributes({ 'service.namespace': 'sedge', 'service.name': name }),
        ),
        spanProcessors: [this.processor],
        idGenerator: this.ids,
        sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
      }).getTracer('sedge');
      this.tracers.set(service, tracer);
    }
    return tracer;
  }
}

function spanContextOf({ traceId, spanId, isSampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}
