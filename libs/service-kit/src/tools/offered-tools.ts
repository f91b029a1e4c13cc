import { existsSync, realpathSync } from 'node:fs';
import type { ToolDefinition } from '@sedge/tool-contracts';
import type { RefusedTool } from './tool-catalog.service.js';

/** A tool whose definition can be read. */
export interface FoundTool {
  definition: ToolDefinition;
  folder: string | null;
  /** the file that defines it */
  place: string;
}

const CODE = 'TOOL_NAME_TAKEN';

/**
 * Which of the tools that were found are offered. Of a name and version there is one, the first: a second would silently do the work of
 * every workflow that names it. Another version of a name takes the place of what was found before.
 * @param found in the order of search: what is built in, what is shipped, then the user's folders
 */
export function offeredTools(found: readonly FoundTool[]): { offered: FoundTool[]; refused: RefusedTool[] } {
  const offered = new Map<string, FoundTool>();
  const places = new Map<string, string>();
  const refused: RefusedTool[] = [];
  for (const tool of found) {
    const { name, version } = tool.definition;
    const first = places.get(`${name}@${version}`);
    if (first === undefined) {
      places.set(`${name}@${version}`, tool.place);
      offered.set(name, tool);
    } else if (!isSameFile(first, tool.place)) {
      const message = `there is a ${name}@${version} already: ${first}`;
      const mend = 'give this one a name of its own, or another version: it is then offered in place of that one';
      refused.push({ name, place: tool.place, code: CODE, message, mend });
    }
  }
  return { offered: [...offered.values()], refused };
}

/** One folder may be reached by two paths. */
function isSameFile(one: string, other: string): boolean {
  if (!existsSync(one) || !existsSync(other)) return one === other;
  return realpathSync(one) === realpathSync(other);
}
