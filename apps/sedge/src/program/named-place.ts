import { existsSync, statSync } from 'node:fs';
import { mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/**
 * Makes a folder that the user named, and those above it. Level by level: asked for all at once, Node.js 20 never ends where a level exists and
 * still takes no folder (/proc).
 *
 * @returns the levels that were made, the upmost first
 * @throws CommandError CLI_FILE_THERE, CLI_FOLDER_REFUSED
 */
export async function makeFolder(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at);
  const made: string[] = [];
  for (const level of missing.length > 0 ? missing : [folder]) {
    const isNew = await mkdir(level).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST' && statSync(level).isDirectory()) return false;
        throw folderFault(folder, level, error);
      },
    );
    if (isNew) made.push(level);
  }
  return made;
}

/** Says before anything long runs whether a folder can be made and takes files, and leaves nothing behind. @throws CommandError */
export async function assertFolderPlace(folder: string): Promise<void> {
  const made = await makeFolder(folder);
  try {
    await assertWritable(resolve(folder, `.sedge-${process.pid}`), folder);
  } finally {
    for (const level of made.reverse()) await rmdir(level);
  }
}

/** @throws CommandError CLI_FOLDER_TAKEN where a folder has something in it */
export async function assertEmpty(folder: string, mend = 'name an empty or a new folder'): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw folderFault(folder, folder, error);
  });
  if (there.length === 0) return;
  throw new CommandError('CLI_FOLDER_TAKEN', `'${folder}' is not empty`, EXIT.usage, mend);
}

/**
 * Says before anything long runs whether a file can be written.
 *
 * @param isReplaced whether one that is there may be
 * @throws CommandError CLI_FILE_THERE, CLI_FILE_UNUSABLE
 */
export async function assertFilePlace(file: string, isReplaced: boolean): Promise<void> {
  const there = await stat(file).catch(() => null);
  if (there?.isDirectory()) throw unusable(file, 'it is a folder');
  if (there?.isFile() === false) throw unusable(file, 'it is a device or a pipe, whose place a file would take');
  if (there && !isReplaced) {
    const mend = 'name another file, or replace it with --force';
    throw new CommandError('CLI_FILE_THERE', `'${file}' is there already`, EXIT.usage, mend);
  }
  await assertWritable(`${file}.try-${process.pid}`, file);
}

async function assertWritable(probe: string, place: string): Promise<void> {
  try {
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (error) {
    throw unusable(place, reasonOf(error as NodeJS.ErrnoException));
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'the folder that it would lie in is not there, or takes no files';
  if (code === 'ENOTDIR') return 'it lies below a file';
  return message;
}

function unusable(place: string, reason: string): CommandError {
  const what = `'${place}' can't be written: ${reason}`;
  return new CommandError('CLI_FILE_UNUSABLE', what, EXIT.usage, 'name another path');
}

function folderFault(folder: string, level: string, { code, message }: NodeJS.ErrnoException): CommandError {
  const isFile = code === 'EEXIST' || code === 'ENOTDIR';
  const what = isFile ? `'${folder}' is a file, or lies below one` : `'${level}' can't be made: ${message}`;
  return new CommandError(isFile ? 'CLI_FILE_THERE' : 'CLI_FOLDER_REFUSED', what, EXIT.usage, 'name another folder');
}
