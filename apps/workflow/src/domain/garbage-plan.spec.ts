import { digestOfBytes, type Digest } from '@sedge/artifact-contracts';
import { describe, expect, it } from 'vitest';
import { planGarbage, type IndexedArtifact, type StoredBlob } from './garbage-plan.js';

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

describe('planGarbage', () => {
  const chain = [
    artifact('source'),
    artifact('dataset', ['source']),
    artifact('model', ['dataset']),
    artifact('other', ['source']),
  ];

  it('keeps what a root came from, however far up, and removes its siblings', () => {
    const plan = planGarbage(chain, [], [{ artifact: id('model'), because: 'pinned' }], before);
    expect(plan.artifacts.map((item) => item.id)).toEqual([id('other')]);
  });

  it('removes all without a root, and nothing of it when young', () => {
    expect(planGarbage(chain, [], [], before).artifacts).toHaveLength(4);
    const youngest = [...chain.slice(0, 2), artifact('model', ['dataset'], [], young)];
    expect(planGarbage(youngest, [], [], before).artifacts).toEqual([]);
  });

  it('keeps a blob that a kept artifact shares with a removed one, and a young blob that nobody knows yet', () => {
    const artifacts = [artifact('kept', [], ['shared']), artifact('gone', [], ['shared', 'own'])];
    const blobs = ['kept', 'gone', 'shared', 'own', 'stray'].map((name) => blob(name));
    const plan = planGarbage(
      artifacts,
      [...blobs, blob('fresh', young)],
      [{ artifact: id('kept'), because: 'run' }],
      before,
    );
    const names = ['kept', 'gone', 'shared', 'own', 'stray', 'fresh'];
    expect(
      namesOf(
        plan.blobs.map((item) => item.digest),
        names,
      ),
    ).toEqual(['gone', 'own', 'stray']);
    expect(plan.freedBytes).toBe(30);
  });

  it('ends on a circle and on a root that the index does not know', () => {
    const circle = [artifact('a', ['b']), artifact('b', ['a'])];
    expect(
      planGarbage(
        circle,
        [],
        [
          { artifact: id('a'), because: 'run' },
          { artifact: id('unknown'), because: 'pinned' },
        ],
        before,
      ).artifacts,
    ).toEqual([]);
  });
});
