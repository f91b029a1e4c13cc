import type { ItemView, WaitView } from '@sedge/workflow';
import { describe, expect, it } from 'vitest';
import { WaitNotes } from './wait-notes.js';

const item = (name: string): ItemView => ({ name, step: name.replace(/\[.*/, '') }) as ItemView;
const cores: WaitView = { reason: 'cores', message: 'waits for cores', mend: null, seenAt: null };
const silent: WaitView = { reason: 'stage-silent', message: 'is silent', mend: 'start it', seenAt: null };
const all = (): boolean => true;

describe('what items wait for', () => {
  it('is told once for a step, when it has lasted', () => {
    const notes = new WaitNotes();
    const items = ['a[x=1]', 'a[x=2]', 'b'].map(item);
    notes.note(['a[x=1]', 'a[x=2]', 'b'], cores, 0);
    expect(notes.takeDue(items, 2999, all)).toEqual([]);
    expect(notes.takeDue(items, 3000, all).map((due) => due.item.name)).toEqual(['a[x=1]', 'b']);
    notes.note(['b'], cores, 5000);
    expect(notes.takeDue(items, 9000, all)).toEqual([]);
  });

  it('is told anew when it is another thing, and not when it is over', () => {
    const notes = new WaitNotes();
    notes.note(['b'], cores, 0);
    notes.takeDue([item('b')], 3000, all);
    notes.note(['b'], silent, 4000);
    expect(notes.of('b')).toBe(silent);
    expect(notes.takeDue([item('b')], 7000, all)).toMatchObject([{ wait: silent }]);
    notes.note(['b'], cores, 8000);
    notes.note(['b'], null, 8001);
    expect([notes.of('b'), notes.takeDue([item('b')], 99_000, all)]).toEqual([null, []]);
  });

  it('is told only where it is wanted, and then still once', () => {
    const notes = new WaitNotes();
    notes.note(['a'], cores, 0);
    notes.note(['b'], silent, 0);
    const needsSomebody = ({ mend }: WaitView): boolean => mend !== null;
    expect(notes.takeDue(['a', 'b'].map(item), 3000, needsSomebody).map((due) => due.item.name)).toEqual(['b']);
    expect(notes.takeDue(['a', 'b'].map(item), 3000, needsSomebody)).toEqual([]);
  });
});
