import type { ArtifactProducer } from '@sedge/event-contracts';

/** What was made from what, as the API tells it. */
export interface Lineage {
  artifact: string;
  nodes: LineageNode[];
  edges: { artifact: string; parent: string }[];
}

export interface LineageNode {
  id: string;
  kind: string;
  producedBy: ArtifactProducer | null;
}

/** Draws what an artifact came from (`up`) or what was made of it (`down`) as a tree; what was drawn before is only named. */
export function lineageTree(lineage: Lineage, direction: 'up' | 'down', textOf: (node: LineageNode) => string): string {
  const nodes = new Map(lineage.nodes.map((node) => [node.id, node]));
  const next = new Map<string, string[]>();
  for (const { artifact, parent } of lineage.edges) {
    const [from, to] = direction === 'up' ? [artifact, parent] : [parent, artifact];
    next.set(from, [...new Set([...(next.get(from) ?? []), to])]);
  }
  const drawn = new Set<string>();
  const lines: string[] = [];
  const draw = (id: string, stem: string, branch: string): void => {
    const isKnown = drawn.has(id);
    drawn.add(id);
    const children = next.get(id) ?? [];
    const node = nodes.get(id) ?? { id, kind: 'not here', producedBy: null };
    lines.push(`${stem}${branch}${textOf(node)}${isKnown && children.length > 0 ? '  (see above)' : ''}`);
    if (isKnown) return;
    const below = stem + (branch === '' ? '' : branch.startsWith('└') ? '   ' : '│  ');
    children.forEach((child, at) => draw(child, below, at === children.length - 1 ? '└─ ' : '├─ '));
  };
  draw(lineage.artifact, '', '');
  return lines.join('\n');
}
