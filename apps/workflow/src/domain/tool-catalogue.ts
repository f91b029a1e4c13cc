import type { RegisteredTool } from '@sedge/tool-contracts';

/** The tools that stages have registered, by name and version. */
export class ToolCatalogue {
  /** versions of each name, newest first */
  private readonly byName = new Map<string, RegisteredTool[]>();

  constructor(tools: readonly RegisteredTool[]) {
    for (const tool of tools) {
      const versions = this.byName.get(tool.definition.name) ?? [];
      versions.push(tool);
      versions.sort((a, b) => compareVersions(b.definition.version, a.definition.version));
      this.byName.set(tool.definition.name, versions);
    }
  }

  /** @param version null for the newest */
  find(name: string, version: string | null): RegisteredTool | null {
    const versions = this.byName.get(name) ?? [];
    return (version === null ? versions[0] : versions.find((tool) => tool.definition.version === version)) ?? null;
  }

  names(): string[] {
    return [...this.byName.keys()].sort();
  }

  versionsOf(name: string): string[] {
    return (this.byName.get(name) ?? []).map((tool) => tool.definition.version);
  }
}

/** Orders versions part by part, numbers as numbers: 1.10 after 1.9, and 2.0 after 2.0-beta. */
export function compareVersions(a: string, b: string): number {
  const [partsA, partsB] = [a.split(/[.+-]/), b.split(/[.+-]/)];
  for (let index = 0; index < Math.max(partsA.length, partsB.length); index++) {
    const order = comparePart(partsA[index], partsB[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  // A further number makes a version newer, a further word (`-beta`) older.
  if (a === undefined) return /^\d+$/.test(b!) ? -1 : 1;
  if (b === undefined) return -comparePart(b, a);
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return Number(a) - Number(b);
  if (numberA !== numberB) return numberA ? 1 : -1;
  return a < b ? -1 : 1;
}

/** Whether an artifact of a kind can be read by an input that takes `wanted`: one kind, or several separated by `|`. */
export function kindFits(kind: string, wanted: string): boolean {
  return wanted.split('|').some((one) => one.trim() === kind);
}
