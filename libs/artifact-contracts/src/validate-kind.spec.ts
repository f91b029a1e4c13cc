import { describe, expect, it } from 'vitest';
import { contentSchemasOf, metadataSchemaOf } from './kind-schema.js';
import { KINDS } from './kinds/index.gen.js';
import { findKind, isKindName, validateContent, validateFiles, validateMetadata } from './validate-kind.js';

const preprocessing = { tool: 'extract-mfcc', version: '1', parameters: { bands: 40 } };
const model = {
  classes: ['yes', 'no'],
  input: { name: 'input', shape: [1, 1, 40, 32], layout: 'NCHW', dtype: 'float32' },
  output: { kind: 'logits' },
  preprocessing: { ...preprocessing, normalization: { mean: [0], std: [1] } },
  mfpops: 87.6,
};

describe('validateMetadata', () => {
  it('accepts what a kind holds, and keeps quiet about further properties', () => {
    expect(validateMetadata('model', { ...model, later: { anything: true } })).toEqual([]);
  });

  it.each([
    ['no classes', { ...model, classes: [] }, 'classes'],
    ['a class twice', { ...model, classes: ['yes', 'yes'] }, 'classes'],
    ['a shape with zero', { ...model, input: { ...model.input, shape: [1, 0] } }, 'input.shape'],
    ['a list in place of an object', { ...model, input: [] }, 'input'],
    ['a text in place of an object', { ...model, preprocessing: 'mfcc' }, 'preprocessing'],
    ['a missing object', { ...model, preprocessing: undefined }, 'preprocessing'],
    [
      'a deep mistake',
      { ...model, preprocessing: { ...preprocessing, normalization: { mean: ['x'], std: [1] } } },
      'preprocessing.normalization.mean',
    ],
    ['not a number', { ...model, mfpops: Number.NaN }, 'mfpops'],
  ])('names the place of %s', (_what, metadata, path) => {
    expect(validateMetadata('model', metadata).map((mistake) => mistake.path)).toContain(path);
  });

  it.each([null, 'text', 1, []])('refuses %j', (metadata) => {
    expect(validateMetadata('source', metadata)).toHaveLength(1);
  });

  it.each([
    ['U+0000', { any: [{ text: 'a\0b' }] }, 'any.0.text'],
    ['half a surrogate pair', { text: 'a\ud800' }, 'text'],
    ['U+0000 in a name', { any: { 'a\0': 1 } }, 'any.a\\u0000'],
    ['half a surrogate pair in a name', { '\udc00': 1 }, '\\udc00'],
    ['more levels than anything can walk', JSON.parse(`{"a":${'['.repeat(9999)}${']'.repeat(9999)}}`), ''],
  ])('refuses %s in metadata of any kind, and names the place in a text that can be kept', (_what, metadata, path) => {
    expect(validateMetadata('dataset.smell', metadata).map((mistake) => mistake.path)).toEqual([path]);
  });

  it('takes every other text', () => {
    expect(validateMetadata('dataset.smell', { 'a\u0001': ['\u{1f600}', '\n', '\\u0000'] })).toEqual([]);
  });

  it('is not misled by a property named __proto__', () => {
    const metadata = JSON.parse('{"__proto__": {"name": "x", "format": "file", "sizeBytes": 1}}') as unknown;
    const paths = new Set(validateMetadata('source', metadata).map((mistake) => mistake.path));
    expect([...paths].sort()).toEqual(['format', 'name', 'sizeBytes']);
  });

  it('says nothing about the metadata of a kind that it does not know', () => {
    expect(validateMetadata('dataset.smell', { any: 1 })).toEqual([]);
  });
});

describe('validateFiles', () => {
  it('names what is missing and what does not belong', () => {
    const mistakes = validateFiles('source', ['archive.zip']);
    expect(mistakes).toEqual([
      { path: 'source', message: 'the kind source must have the file source' },
      { path: 'archive.zip', message: 'the kind source has no file archive.zip' },
    ]);
  });

  it('lets a tree hold further files', () => {
    expect(validateFiles('application', ['CMakeLists.txt', 'src/net.cpp'])).toEqual([]);
  });
});

describe('validateContent', () => {
  it('checks lists of nested objects and says which item is wrong', () => {
    const point = { threshold: 0.5, falseAcceptsPerHour: 1, falseAcceptsPerHourLow: 0, falseAcceptsPerHourHigh: 2 };
    const mistakes = validateContent('report.stream', 'report.json', {
      title: 't',
      engine: 'e',
      stream: {},
      metrics: {},
      points: [point],
    });
    expect(mistakes.map((mistake) => mistake.path)).toContain('points.0.missRate');
  });
});

describe('kinds', () => {
  it('have names that are kind names, each once', () => {
    expect(KINDS.every((kind) => isKindName(kind.name))).toBe(true);
    expect(new Set(KINDS.map((kind) => kind.name)).size).toBe(KINDS.length);
    expect(findKind('model')?.version).toBe(1);
    expect(isKindName('../model')).toBe(false);
  });

  it('each have a JSON Schema that asks for the same properties as the class', () => {
    for (const kind of KINDS) {
      const schema = metadataSchemaOf(kind) as { required: string[] };
      const missing = validateMetadata(kind.name, {}).map((mistake) => mistake.path);
      expect(schema.required).toEqual([...new Set(missing)].sort());
      const expected = kind.name.startsWith('report.') ? 'properties.metrics' : 'properties';
      for (const content of Object.values(contentSchemasOf(kind))) expect(content).toHaveProperty(expected);
    }
  });
});
