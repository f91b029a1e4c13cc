import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childOf, formatTraceparent, newTrace, parseTraceparent, spanNamed } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('a traceparent', () => {
  it('is read and written as the standard says', () => {
    const text = `00-${TRACE}-${SPAN}-01`;
    expect(parseTraceparent(text)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
    expect(formatTraceparent(parseTraceparent(text)!)).toBe(text);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)!.isSampled).toBe(false);
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-03-more`)).toEqual({ traceId: TRACE, spanId: SPAN, isSampled: true });
  });

  it.each([
    undefined,
    '',
    [`00-${TRACE}-${SPAN}-01`],
    `00-${TRACE}-${SPAN}-01-more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01\n`,
    `01-${TRACE}-${SPAN}-01-${'x'.repeat(300)}`,
  ])('that is none is passed over: %s', (text) => {
    expect(parseTraceparent(text)).toBeNull();
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const context = parseTraceparent(text);
        return context === null || /^[0-9a-f]{32}$/.test(context.traceId);
      }),
    );
  });
});

describe('spans', () => {
  it('of one trace have one trace id, and those with a name have the same id each time', () => {
    const root = newTrace();
    const [first, again, other] = [spanNamed(root, 'job', 1), spanNamed(root, 'job', 1), spanNamed(root, 'job', 2)];
    expect(first).toEqual(again);
    expect(new Set([root, childOf(root), first, other].map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set([root, childOf(root), first, other].map(({ spanId }) => spanId)).size).toBe(4);
    for (const context of [root, childOf(root), first]) {
      expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    }
  });
});
