import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { InputBorder } from '@sedge/tool-contracts';
import { refusal } from '../../errors.js';

/**
 * Where a path of this machine leads, links followed, if inputs may come from there.
 * What lies outside is refused alike whether it is there or not.
 * @throws INGESTION_SOURCE_OUTSIDE, INGESTION_SOURCE_CLOSED, and what the file system says of a path inside
 */
export async function admittedPath(from: string, border: Pick<InputBorder, 'folders' | 'closed'>): Promise<string> {
  const found = await realpath(from).catch((error: Error) => error);
  const place = typeof found === 'string' ? found : resolve(from);
  if (border.folders !== null) {
    // What is not there has no links to follow: then its name counts.
    const folders = await Promise.all(border.folders.map(followed));
    const inside = typeof found === 'string' ? folders : [...folders, ...border.folders];
    if (!inside.some((folder) => isWithin(place, folder))) {
      throw refusal('INGESTION_SOURCE_OUTSIDE', { from, folders: border.folders.join(', ') || 'nowhere' });
    }
  }
  for (const closed of await Promise.all(border.closed.map(followed))) {
    if (isWithin(place, closed)) throw refusal('INGESTION_SOURCE_CLOSED', { from, reason: `lies in ${closed}` });
    if (isWithin(closed, place)) throw refusal('INGESTION_SOURCE_CLOSED', { from, reason: `holds ${closed}` });
  }
  if (typeof found !== 'string') throw found;
  return found;
}

const followed = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
