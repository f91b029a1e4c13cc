export { DirectoryStore } from './directory-store.adapter.js';
export type { Disk } from './disk.js';
