import { isAlias, isCollection, isPair, type Alias, type Node, type Pair } from 'yaml';

/**
 * What each alias stands for: the last node before it that has its anchor, as YAML lets an anchor be given again. One walk for all of them
 * (the library walks the whole document for each). Aliases without an anchor before them are not in the map.
 */
export function targetsOfAliases(root: Node | null): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  // In the text's order, with a stack of its own: what comes first lies on top.
  const stack: unknown[] = [root];
  while (stack.length > 0) {
    const node = stack.pop() as Node | Pair | null;
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target) targets.set(node, target);
    } else if (isPair(node)) {
      stack.push(node.value, node.key);
    } else if (node) {
      const { anchor } = node as { anchor?: string };
      if (anchor) anchors.set(anchor, node);
      if (isCollection(node))
        for (let index = node.items.length - 1; index >= 0; index--) stack.push(node.items[index]);
    }
  }
  return targets;
}
