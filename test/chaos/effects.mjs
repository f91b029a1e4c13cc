// What events caused: one that is delivered again must have no second effect.

/**
 * @param events all that were said, in any order; the same one may be among them several times
 * @returns one sentence for each cause that had an effect more than once
 */
export function faultsOfEffects(events) {
  const effects = new Map();
  for (const { id, type, subject, causationid: cause } of events) {
    if (cause === undefined) continue;
    const effect = `${type} of ${subject}, caused by the event ${cause},`;
    effects.set(effect, (effects.get(effect) ?? new Set()).add(id));
  }
  return [...effects]
    .filter(([, ids]) => ids.size > 1)
    .map(([effect, ids]) => `${effect} was said ${ids.size} times: ${[...ids].join(', ')}`);
}
