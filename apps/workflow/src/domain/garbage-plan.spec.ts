import { digestOfBytes, type Digest } from '@sedge/artifact-contracts';
import { describe, expect, it } from 'vitest';
import {
  perhapsUnheard,
  planGarbage,
  type GarbagePlan,
  type GarbageRoot,
  type IndexedArtifact,
  type StoredBlob,
} from './garbage-plan.js';

const old = new Date('2020-01-01T00:00:00Z');
const before = new Date('2020-01-02T00:00:00Z');
const young = new Date('2020-01-02T00:00:00Z');
const id = (name: string): Digest => digestOfBytes(name);

function artifact(
  name: string,
  parents: string[] = [],
  blobs: string[] = [`${name} file`],
  usedAt = old,
): IndexedArtifact {
  return {
    id: id(name),
    kind: 'model',
    sizeBytes: 1,
    usedAt,
    parents: parents.map(id),
    blobs: [id(name), ...blobs.map(id)],
  };
}
const blob = (name: string, storedAt = old): StoredBlob => ({ digest: id(name), sizeBytes: 10, storedAt });
const namesOf = (digests: Digest[], names: string[]): string[] => names.filter((name) => digests.includes(id(name)));

const root = (name: string): GarbageRoot => ({ artifact: id(name), because: 'run' });
const plan = (
  indexed: IndexedArtifact[],
  roots: string[],
  blobs: StoredBlob[] = [],
  unheard: string[][] = [],
): GarbagePlan =>
  planGarbage(
    { indexed, roots: roots.map(root), blobs, unheard: unheard.map((names) => ({ blobs: names.map(id) })) },
    before,
  );

describe('planGarbage', () => {
  const chain = [
    artifact('source'),
    artifact('dataset', ['source']),
    artifact('model', ['dataset']),
    artifact('other', ['source']),
  ];

  it('keeps what a root came from, however far up, and removes its siblings', () => {
    expect(plan(chain, ['model']).artifacts.map((item) => item.id)).toEqual([id('other')]);
  });

  it('removes all without a root, and nothing of it when young', () => {
    expect(plan(chain, []).artifacts).toHaveLength(4);
    const youngest = [...chain.slice(0, 2), artifact('model', ['dataset'], [], young)];
    expect(plan(youngest, []).artifacts).toEqual([]);
  });

  it('keeps a blob that a kept or an unheard artifact shares with a removed one, and a young blob that nobody knows yet', () => {
    const artifacts = [artifact('kept', [], ['shared']), artifact('gone', [], ['shared', 'own', 'unheard file'])];
    const names = ['kept', 'gone', 'shared', 'own', 'stray', 'unheard', 'unheard file', 'fresh'];
    const blobs = [...names.slice(0, -1).map((name) => blob(name)), blob('fresh', young)];
    const planned = plan(artifacts, ['kept'], blobs, [['unheard', 'unheard file']]);
    expect(
      namesOf(
        planned.blobs.map((item) => item.digest),
        names,
      ),
    ).toEqual(['gone', 'own', 'stray']);
    expect(planned.freedBytes).toBe(30);
  });

  it('ends on a circle and on a root that the index does not know', () => {
    const circle = [artifact('a', ['b']), artifact('b', ['a'])];
    expect(plan(circle, ['a', 'unknown']).artifacts).toEqual([]);
  });
});

describe('perhapsUnheard', () => {
  it('names what no artifact has: what is not too old or a root, and was not removed since it was stored', () => {
    const removedAt = new Map([
      [id('removed'), young],
      [id('removed root'), young],
      [id('made again'), old],
    ]);
    const names = ['known', 'known file', 'late', 'lost', 'lost root', 'removed', 'removed root', 'made again'];
    const lost = new Date(0);
    const blobs = names.map((name) => blob(name, name.startsWith('lost') ? lost : name === 'made again' ? young : old));
    const found = perhapsUnheard(blobs, [artifact('known')], [root('lost root'), root('removed root')], {
      removedAt,
      since: old,
    });
    expect(
      namesOf(
        found.map(({ digest }) => digest),
        names,
      ),
    ).toEqual(['late', 'lost root', 'made again']);
  });
});
