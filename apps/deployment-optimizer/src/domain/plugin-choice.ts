/** What of a network's report the choice of plugins needs: for each layer the primitives that were looked at. */
export interface LayerCandidates {
  layer: string;
  candidates: { primitive: string }[];
}

/** A plan file as LNE reads it; entries may force (`primitive`, `variant`) and exclude (`forbidden`). */
export interface PlanFile {
  layers: { layer: string; forbidden?: string[]; [more: string]: unknown }[];
  [more: string]: unknown;
}

/** `vector.conv_direct` -> `vector`. */
const pluginOf = (primitive: string): string => primitive.split('.')[0]!;

/** All plugins that offer a primitive for some layer, sorted. */
export function pluginsOf(layers: readonly LayerCandidates[]): string[] {
  return [
    ...new Set(layers.flatMap(({ candidates }) => candidates.map(({ primitive }) => pluginOf(primitive)))),
  ].sort();
}

/** A plan with every other plugin forbidden in each layer. What the plan itself says of a layer stays. */
export function restrictToPlugins(
  plan: PlanFile,
  layers: readonly LayerCandidates[],
  allowed: readonly string[],
): PlanFile {
  const entries = new Map(plan.layers.map((entry) => [entry.layer, entry]));
  for (const { layer, candidates } of layers) {
    const others = candidates.map(({ primitive }) => pluginOf(primitive)).filter((plugin) => !allowed.includes(plugin));
    if (others.length === 0) continue;
    const entry = entries.get(layer) ?? { layer };
    entries.set(layer, { ...entry, forbidden: [...new Set([...(entry.forbidden ?? []), ...others])].sort() });
  }
  return { ...plan, layers: [...entries.values()] };
}
