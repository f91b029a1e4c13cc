import fs from 'node:fs/promises';

/** What the store asks of the file system: a test puts faults under it. */
export type Disk = Pick<
  typeof fs,
  'chmod' | 'copyFile' | 'link' | 'mkdir' | 'open' | 'readdir' | 'rename' | 'stat' | 'unlink' | 'utimes'
>;

export const realDisk: Disk = fs;
