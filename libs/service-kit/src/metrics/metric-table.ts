/** A figure that the process gives to whoever measures it. Units are in the names: seconds, bytes, and numbers of things. */
export interface MetricDefinition {
  kind: 'gauge' | 'counter' | 'histogram';
  help: string;
  labels: readonly string[];
  /** upper ends of the classes of a histogram */
  buckets?: readonly number[];
}

const JOB = ['stage', 'tool'] as const;

/** From a tenth of a second to a day. */
const DURATIONS_S = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400] as const;

/** Everything of ours that `GET /v1/metrics` gives; `docs/how-to/observe.md` has the same list. */
export const METRICS = {
  sedge_jobs: {
    kind: 'gauge',
    help: "Jobs in the stage's table, by state.",
    labels: [...JOB, 'state'],
  },
  sedge_jobs_due: {
    kind: 'gauge',
    help: 'Jobs that could start now and have not.',
    labels: JOB,
  },
  sedge_jobs_due_oldest_seconds: {
    kind: 'gauge',
    help: 'How long the job has waited that has waited longest of those that could start now.',
    labels: JOB,
  },
  sedge_job_attempt_duration_seconds: {
    kind: 'histogram',
    help: 'Time from the claim of an attempt to its end, of attempts whose end this process committed.',
    labels: [...JOB, 'outcome'],
    buckets: DURATIONS_S,
  },
  sedge_runs: {
    kind: 'gauge',
    help: "Runs in the workflow service's table, by state.",
    labels: ['state'],
  },
  sedge_run_items: {
    kind: 'gauge',
    help: 'Finished items of runs by how they came to their result: ran, reused (found in the cache) or shared with another run.',
    labels: ['decision'],
  },
  sedge_artifact_stored_bytes_total: {
    kind: 'counter',
    help: 'Bytes given to the artifact store by this process, those included that it had already.',
    labels: [],
  },
  sedge_artifact_read_bytes_total: {
    kind: 'counter',
    help: 'Bytes that this process read from the artifact store, or had it lay out as files.',
    labels: [],
  },
  sedge_consumer_pending: {
    kind: 'gauge',
    help: 'Events that a consumer of this process has still to handle, by durable consumer.',
    labels: ['consumer'],
  },
  sedge_outbox_events: {
    kind: 'gauge',
    help: 'Events that are committed and not yet known to be published.',
    labels: ['service'],
  },
  sedge_outbox_oldest_seconds: {
    kind: 'gauge',
    help: 'How long the oldest event waits in the outbox.',
    labels: ['service'],
  },
  sedge_dead_letters: {
    kind: 'gauge',
    help: 'Events that could not be handled and are kept, of all services that share the bus.',
    labels: [],
  },
  sedge_metrics_failures_total: {
    kind: 'counter',
    help: 'Times that a source of figures gave none; its figures are absent then.',
    labels: ['source'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;
type NamesOf<Kind extends MetricDefinition['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type GaugeName = NamesOf<'gauge'>;
export type CounterName = NamesOf<'counter'>;
export type HistogramName = NamesOf<'histogram'>;
export type LabelsOf<Name extends MetricName> = Record<(typeof METRICS)[Name]['labels'][number], string>;
