// Seeded random numbers, so that a failing seed can be had again.

/** Numbers from 0 to 1 (mulberry32). */
export function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of a list. */
export const pick = (random, list) => list[Math.floor(random() * list.length)];

/** A whole number from `least` to `most`. */
export const between = (random, least, most) => least + Math.floor(random() * (most - least + 1));

/** The same in another order (Fisher and Yates). */
export function shuffled(random, list) {
  const items = [...list];
  for (let last = items.length - 1; last > 0; last--) {
    const other = between(random, 0, last);
    [items[last], items[other]] = [items[other], items[last]];
  }
  return items;
}
