import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A span as it comes by OTLP. */
export interface ReceivedSpan {
  service: string;
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  attributes: Record<string, string | number>;
  links: string[];
  startedAt: number;
  endedAt: number;
  isFailed: boolean;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}

interface ExportRequest {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: {
      spans: {
        name: string;
        traceId: string;
        spanId: string;
        parentSpanId?: string;
        startTimeUnixNano: string;
        endTimeUnixNano: string;
        attributes: Attribute[];
        links?: { spanId: string }[];
        status: { code?: number };
      }[];
    }[];
  }[];
}

const STATUS_ERROR = 2;

/** Takes spans as an OpenTelemetry collector does: POST /v1/traces, in the JSON form of OTLP. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', async (request, response) => {
      const isRight = request.method === 'POST' && request.url === '/v1/traces';
      if (isRight) receiver.take((await json(request)) as ExportRequest);
      response.writeHead(isRight ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take({ resourceSpans }: ExportRequest): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(recordOf(resource.attributes)['service.name']);
      for (const { spans } of scopeSpans) {
        for (const span of spans) {
          this.spans.push({
            service,
            name: span.name,
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId ?? '',
            attributes: recordOf(span.attributes),
            links: (span.links ?? []).map(({ spanId }) => spanId),
            startedAt: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
            endedAt: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
            isFailed: span.status.code === STATUS_ERROR,
          });
        }
      }
    }
  }
}

const recordOf = (attributes: Attribute[]): Record<string, string | number> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));
