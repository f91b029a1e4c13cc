import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import {
  METRICS,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type MetricDefinition,
  type MetricName,
} from './metric-table.js';

/** Takes one figure of a gauge. */
export type SetGauge = <Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number) => void;

interface Source {
  name: string;
  collect: (set: SetGauge) => Promise<void>;
}

export interface ProcessMetricsOptions {
  /** told why a source gave no figures */
  onFailure(message: string): void;
}

/**
 * The figures of a process in Prometheus' text format. Gauges are asked of their sources, mostly tables, when somebody reads them, so
 * that a restart forgets none; counters and histograms count what this process did.
 */
export class ProcessMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  private readonly registry = new Registry();
  private readonly gauges = new Map<MetricName, Gauge>();
  private readonly counters = new Map<MetricName, Counter>();
  private readonly histograms = new Map<MetricName, Histogram>();
  private readonly sources: Source[] = [];
  private hasDefaults = false;
  private reading: Promise<string> | null = null;

  constructor(private readonly options: ProcessMetricsOptions) {
    for (const [name, definition] of Object.entries(METRICS)) this.define(name as MetricName, definition);
  }

  /** Asks for the gauges of a source at each reading. */
  add(name: string, collect: Source['collect']): void {
    this.sources.push({ name, collect });
  }

  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by = 1): void {
    this.counters.get(name)!.inc(labels, by);
  }

  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void {
    this.histograms.get(name)!.observe(labels, value);
  }

  /** Readings at the same time share one look at the sources. */
  read(): Promise<string> {
    this.reading ??= this.collect().finally(() => (this.reading = null));
    return this.reading;
  }

  private async collect(): Promise<string> {
    // Watching the event loop and the garbage collector costs a little, so it begins with the first reader.
    if (!this.hasDefaults) collectDefaultMetrics({ register: this.registry });
    this.hasDefaults = true;
    for (const gauge of this.gauges.values()) gauge.reset();
    const set: SetGauge = (name, labels, value) => this.gauges.get(name)!.set(labels, value);
    await Promise.all(this.sources.map((source) => this.ask(source, set)));
    return this.registry.metrics();
  }

  private async ask({ name, collect }: Source, set: SetGauge): Promise<void> {
    try {
      await collect(set);
    } catch (error) {
      this.count('sedge_metrics_failures_total', { source: name });
      this.options.onFailure(`no figures of ${name}: ${(error as Error).message}`);
    }
  }

  private define(name: MetricName, { kind, help, labels, buckets }: MetricDefinition): void {
    const settings = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (kind === 'gauge') this.gauges.set(name, new Gauge(settings));
    else if (kind === 'counter') this.counters.set(name, new Counter(settings));
    else this.histograms.set(name, new Histogram({ ...settings, buckets: [...buckets!] }));
  }
}

export const PROCESS_METRICS = Symbol('ProcessMetrics');
