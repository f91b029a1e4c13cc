export { PgliteDatabase, type PgliteOptions } from './pglite.adapter.js';
export { DatabaseStoppedError } from './pglite-stream.js';
