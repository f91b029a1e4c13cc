import { describe, expect, it } from 'vitest';
import { namesEntityTag, parseRange } from './artifact-range.js';

describe('parseRange', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, 9],
    ['bytes=5-100', 5, 9],
    ['bytes=-3', 7, 9],
    ['bytes=-100', 0, 9],
    ['bytes=9-9', 9, 9],
  ])('reads %s of 10 bytes', (header, start, end) => {
    expect(parseRange(header, 10)).toEqual({ kind: 'part', start, end });
  });

  it.each([undefined, '', 'bytes=', 'bytes=-', 'items=0-1', 'bytes=5-2', 'bytes=0-1,3-4', 'bytes=a-b'])(
    'answers %j with the whole file',
    (header) => {
      expect(parseRange(header, 10)).toEqual({ kind: 'whole' });
    },
  );

  it.each([
    ['bytes=10-', 10],
    ['bytes=10-20', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-5', 0],
  ])('finds %s of %i bytes unsatisfiable', (header, size) => {
    expect(parseRange(header, size)).toEqual({ kind: 'unsatisfiable' });
  });
});

describe('namesEntityTag', () => {
  it('reads lists, weak tags and the star', () => {
    expect(namesEntityTag('"a", W/"b"', '"b"')).toBe(true);
    expect(namesEntityTag('*', '"b"')).toBe(true);
    expect(namesEntityTag('"a"', '"b"')).toBe(false);
    expect(namesEntityTag(undefined, '"b"')).toBe(false);
  });
});
