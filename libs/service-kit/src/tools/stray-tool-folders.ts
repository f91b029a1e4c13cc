import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nearestName } from '@sedge/tool-contracts';
import type { RefusedTool } from './tool-catalog.service.js';

/** Tools to be copied from lie here among the shipped ones, for no stage to offer. */
const EXAMPLES = 'examples';
const CODE = 'TOOL_FOLDER_STRAY';

/** A folder that nobody looks for tools in, though somebody meant it; `stage` is the name of the folder above it. */
export type StrayToolFolder = RefusedTool & { stage: string };

/**
 * Finds folders of tools that no stage reads.
 * @param directories each with a subfolder per stage and in it one per tool
 * @param stages all that there are; null where a process knows only its own
 */
export function strayToolFolders(directories: readonly string[], stages: readonly string[] | null): StrayToolFolder[] {
  return directories.flatMap((directory) => {
    if (!isFolder(directory)) {
      const mend = 'correct SEDGE_TOOLS_DIR, or make the folder';
      return [stray(directory, '', 'there is no such folder of tools, or it can not be read', mend)];
    }
    if (isTool(directory)) return [tooHigh(directory)];
    return foldersIn(directory).flatMap((folder) => straysOfStage(folder, stages));
  });
}

function straysOfStage(folder: string, stages: readonly string[] | null): StrayToolFolder[] {
  const stage = basename(folder);
  if (isTool(folder)) return [tooHigh(folder)];
  if (stages === null || stages.includes(stage) || stage === EXAMPLES) return [];
  const nearest = nearestName(stage, stages);
  const mend = `move it to the folder of a stage: ${stages.join(', ')}${nearest ? `; did you mean '${nearest}'?` : ''}`;
  return foldersIn(folder)
    .filter(isTool)
    .map((tool) => stray(tool, stage, `there is no stage '${stage}'`, mend));
}

function tooHigh(folder: string): StrayToolFolder {
  return stray(folder, '', 'the tool lies in the folder of no stage', `move it to STAGE/${basename(folder)}`);
}

function stray(place: string, stage: string, message: string, mend: string): StrayToolFolder {
  return { name: basename(place), place, stage, code: CODE, message, mend };
}

const isTool = (folder: string): boolean => existsSync(join(folder, 'tool.yaml'));

/** What this user may not look into counts as absent. */
function isFolder(path: string): boolean {
  try {
    return readdirSync(path).length >= 0;
  } catch {
    return false;
  }
}

function foldersIn(folder: string): string[] {
  const names = readdirSync(folder).sort();
  return names.map((name) => join(folder, name)).filter(isFolder);
}
