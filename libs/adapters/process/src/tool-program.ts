import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { ToolUnavailableError } from '@sedge/ports';

/**
 * Looks for the program of a tool where its start would: a path below the tool's folder, a bare name in PATH.
 * @throws ToolUnavailableError TOOL_COMMAND_MISSING
 */
export async function assertProgram(file: string, folder: string): Promise<void> {
  const isPath = file.includes('/');
  const places = isPath ? [resolve(folder, file)] : pathFolders().map((place) => join(place, file));
  for (const place of places) if (await isProgram(place)) return;
  const message = `its program '${file}' is not ${isPath ? `an executable file in ${folder}` : 'in any folder of PATH'}`;
  throw new ToolUnavailableError('TOOL_COMMAND_MISSING', message, 'install it, or correct the command in tool.yaml');
}

const pathFolders = (): string[] => (process.env['PATH'] ?? '').split(delimiter).filter((place) => place !== '');

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
