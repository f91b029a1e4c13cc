import { NO_TRACING, type Tracing } from '@sedge/service-kit';

type Environment = Record<string, string | undefined>;

/**
 * Opens the way for traces that OpenTelemetry's own variables ask for. Nothing of its packages is loaded where they don't.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function openTracing(environment: Environment, onTrouble: (message: string) => void): Promise<Tracing> {
  if (!isAskedFor(environment)) return NO_TRACING;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(environment, onTrouble);
}

function isAskedFor(environment: Environment): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = environment;
  const isOff =
    environment['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || environment['OTEL_TRACES_EXPORTER'] === 'none';
  return !isOff && ((all ?? '') !== '' || (own ?? '') !== '');
}
