import { describe, expect, it } from 'vitest';
import { canonicalJson } from './canonical-json.js';
import { digestOfBytes } from './digest.js';
import {
  artifactIdOf,
  artifactTypeOf,
  createManifest,
  filesOf,
  isSafeRelativePath,
  manifestText,
  parseArtifactType,
  parseManifest,
} from './manifest.js';

const files = ['b.txt', 'a/c.txt'].map((path) => ({ path, digest: digestOfBytes(path), sizeBytes: path.length }));
const manifest = createManifest(artifactTypeOf('model', 1), { b: 1, a: [1] }, files);

describe('a manifest', () => {
  it('does not depend on the order of files and metadata', () => {
    const other = createManifest(artifactTypeOf('model', 1), { a: [1], b: 1 }, [...files].reverse());
    expect(artifactIdOf(other)).toBe(artifactIdOf(manifest));
  });

  it('is read back as it was written', () => {
    expect(parseManifest(manifestText(manifest))).toEqual(manifest);
    expect(filesOf(manifest).map((file) => file.path)).toEqual(['a/c.txt', 'b.txt']);
    expect(parseArtifactType(manifest.artifactType)).toEqual({ kind: 'model', version: 1 });
  });

  it.each([
    ['text that is no JSON', '{', /not JSON/],
    ['another media type', JSON.stringify({ ...manifest, mediaType: 'x' }), /mediaType/],
    [
      'a malformed digest',
      JSON.stringify({ ...manifest, config: { ...manifest.config, digest: 'sha256:0' } }),
      /digest/,
    ],
    ['a negative size', JSON.stringify({ ...manifest, config: { ...manifest.config, size: -1 } }), /size/],
    ['the same path twice', JSON.stringify({ ...manifest, layers: [manifest.layers[0], manifest.layers[0]] }), /twice/],
  ])('is refused for %s', (_what, text, reason) => {
    expect(() => parseManifest(text)).toThrow(reason);
  });

  it.each(['..', '../x', 'a/../b', '/etc/passwd', 'a//b', './a', '', 'C:\\x', 'a\\b', 'a\0b'])(
    'has no file %j',
    (path) => {
      expect(isSafeRelativePath(path)).toBe(false);
    },
  );
});

describe('canonical JSON', () => {
  it('sorts keys by UTF-16 code units and writes numbers as ECMAScript does (RFC 8785, 3.2.3)', () => {
    const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}');
    expect(canonicalJson([1e21, 1e-7, -0, 333333333.33333329])).toBe('[1e+21,1e-7,0,333333333.3333333]');
  });

  it.each([Number.NaN, Infinity, '\ud800', () => 1])('refuses %p', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });
});
