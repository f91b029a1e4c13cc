import { NO_TRACING } from '@sedge/service-kit';
import { describe, expect, it } from 'vitest';
import { openTracing } from './open-tracing.js';

const ENDPOINT = 'http://127.0.0.1:4318';

describe('traces', () => {
  it.each([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_EXPORTER: 'none' },
  ])('are off with %j', async (environment) => {
    expect(await openTracing(environment, () => undefined)).toBe(NO_TRACING);
  });

  it.each([{ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/v1/traces` }])(
    'are on with %j',
    async (environment) => {
      const tracing = await openTracing(environment, () => undefined);
      expect(tracing.isOn).toBe(true);
      await tracing.close();
    },
  );
});
