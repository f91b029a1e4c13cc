import { artifactIdOf } from '../client/artifacts.js';
import type { SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { lineageTree, type Lineage, type LineageNode } from '../output/lineage-tree.js';
import { bold, dim } from '../output/terminal.js';
import { shortId } from '../output/units.js';

export const command: SedgeCommand = {
  usage: 'lineage <artifact>',
  summary: 'draw what an artifact came from and what was made of it',
  help: `  npx sedge lineage 3f2a91c0d4e5
  npx sedge lineage 3f2a91c0d4e5 --up               only what it came from
  npx sedge lineage 3f2a91c0d4e5 --json             {"artifact", "nodes", "edges": [{"artifact", "parent"}]}

Exit codes: 0 drawn, 4 there is no such artifact.`,
  configure(command) {
    command.option('--up', 'only what it came from').option('--down', 'only what was made of it');
  },
  async run(context, args, options) {
    const api = await context.api();
    const id = await artifactIdOf(api, args[0]!);
    const directions = (['up', 'down'] as const).filter((direction) => options[direction] === true);
    const wanted = directions.length === 1 ? directions : (['up', 'down'] as const);
    const query = wanted.length === 1 ? wanted[0]! : 'both';
    const lineage = await api.get<Lineage>(`/v1/artifacts/${id}/lineage?direction=${query}`);
    context.emit(lineage);
    for (const direction of wanted) {
      context.say(bold(direction === 'up' ? 'made from' : 'made of it'));
      context.say(lineageTree(lineage, direction, nodeText));
    }
    return EXIT.ok;
  },
};

function nodeText({ id, kind, producedBy }: LineageNode): string {
  return `${kind} ${shortId(id)}${producedBy ? dim(`  by ${producedBy.toolName}@${producedBy.toolVersion}`) : ''}`;
}
