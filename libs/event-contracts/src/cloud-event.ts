import { randomUUID } from 'node:crypto';

/** Most bytes of an event in JSON. A broker takes messages of 1 MiB by default, of which some is left for headers. */
export const MAX_EVENT_BYTES = (1 << 20) - (1 << 16);

/** A CloudEvents 1.0 event in its JSON form. @see https://cloudevents.io 1.0.2 */
export interface CloudEvent<Data = unknown> {
  specversion: '1.0';
  /** unique within `source`; also the broker's message id, so that it can drop duplicates */
  id: string;
  /** the service that published it, e.g. `/services/training` */
  source: string;
  /** reverse-DNS-like with the major version, e.g. `sedge.job.succeeded.v1` */
  type: string;
  /** the id of the artifact, job or tool it is about */
  subject: string;
  /** RFC 3339 */
  time: string;
  datacontenttype: 'application/json';
  dataschema: string;
  /** extension: the event or request that caused this one */
  causationid?: string;
  /** extension: the run or request it belongs to */
  correlationid?: string;
  /** extension for distributed tracing: W3C trace context of what caused it */
  traceparent?: string;
  data: Data;
}

/** What distinguishes one event from another of its type; the rest of the envelope follows from these. */
export interface EventInput<Data> {
  type: string;
  source: string;
  subject: string;
  data: Data;
  time: Date;
  causationId?: string;
  correlationId?: string;
  traceparent?: string;
}

/** Wraps data in an envelope with a fresh id. */
export function createCloudEvent<Data>(input: EventInput<Data>): CloudEvent<Data> {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: input.source,
    type: input.type,
    subject: input.subject,
    time: input.time.toISOString(),
    datacontenttype: 'application/json',
    dataschema: `urn:sedge:schema:${input.type}`,
    ...(input.causationId && { causationid: input.causationId }),
    ...(input.correlationId && { correlationid: input.correlationId }),
    ...(input.traceparent && { traceparent: input.traceparent }),
    data: input.data,
  };
}
