import { dirname, resolve } from 'node:path';
import type { InputBorder } from '@sedge/tool-contracts';

/** Variables that name a file of a secret. */
const SECRET_FILE = /^SEDGE_(TOKEN|NATS_URL|DATABASE_URL|S3_ACCESS_KEY|S3_SECRET_KEY)_FILE$/;

/** What a service never takes in, whoever asks: all that it keeps, its secrets, and the folder of the keys, where the one that signs may lie too. */
export function closedPlaces(environment: Record<string, string | undefined>, dataDirectory: string): string[] {
  const keys = environment['SEDGE_ACCESS_KEYS'];
  const secrets = Object.entries(environment).flatMap(([name, file]) => (SECRET_FILE.test(name) && file ? [file] : []));
  return [dataDirectory, ...(keys ? [dirname(resolve(keys))] : []), ...secrets.map((file) => resolve(file))];
}

/** A folder of inputs of which nothing could be taken, with its reason, or null. */
export function folderInClosedPlace({ folders, closed }: InputBorder): string | null {
  for (const folder of folders ?? []) {
    const around = closed.find((place) => folder === place || folder.startsWith(`${place}/`));
    if (around !== undefined) return folder === around ? folder : `${folder} in ${around}`;
  }
  return null;
}
